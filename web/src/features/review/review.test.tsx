import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

const day = (age: number) => new Date(Date.now() - age * 86_400_000).toISOString().slice(0, 10);

it('missed days stand above the list', async () => {
  await renderApp('/review');
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('2 days were missed');
  expect(alert.textContent).toContain(day(3));
});

it('what stands out wants a reason before the day is signed', async () => {
  const { user } = await renderApp(`/review/${day(1)}`);
  const table = await screen.findByRole('table', { name: 'Systems' });
  within(table).getByText('Nothing was received');
  within(table).getByText('3 events of severity high');
  await user.click(screen.getByRole('button', { name: 'Sign the day' }));
  const dialog = await screen.findByRole('dialog');
  await within(dialog).findByText(/^2 systems stand out/);
  const sign = within(dialog).getByRole('button', { name: 'Sign', hidden: true });
  expect(sign.hasAttribute('disabled')).toBe(true);
  await user.type(within(dialog).getByLabelText(/^Reason of the judgement/), 'moved to another rack');
  await user.click(sign);
  await screen.findByText('The whole day');
  await screen.findByText('Signed');
});

it('a day that runs is not signed', async () => {
  await renderApp(`/review/${day(0)}`);
  expect((await screen.findByRole('button', { name: 'Sign the day' })).title).toBe('The day is not over, or not counted yet');
});
