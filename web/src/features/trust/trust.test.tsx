import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

it('publishes terms that begin with those in force', async () => {
  const { user } = await renderApp('/assurance/terms');
  expect(await screen.findByRole('region', { name: 'Version 1, in force' })).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Publish a version' }));
  const dialog = within(await screen.findByRole('dialog'));
  const publish = dialog.getByRole('button', { name: 'Publish a version' });
  expect(publish.hasAttribute('disabled')).toBe(true);
  await user.type(dialog.getByLabelText(/^In English/), ' Not to be passed on.');
  await user.click(publish);
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(within(await screen.findByRole('region', { name: 'Version 2, in force' })).getByText(/^For your own review only\. Not to be passed on\.$/)).toBeTruthy();
});

it('offers what can be done with the selected record, and says why not', async () => {
  const { user } = await renderApp('/assurance/evidence');
  await user.click(await screen.findByRole('checkbox', { name: 'Select Training of 2026' }));
  const bar = within(screen.getByRole('toolbar', { name: 'Actions for the selected records' }));
  expect(bar.getByRole('button', { name: 'Review' }).getAttribute('title')).toBe('It has been reviewed.');
  expect(bar.getByRole('button', { name: 'Delete' }).hasAttribute('disabled')).toBe(false);
  await user.click(screen.getByRole('checkbox', { name: 'Select Penetration test' }));
  expect(bar.getByRole('button', { name: 'Delete' }).hasAttribute('disabled')).toBe(true);
});
