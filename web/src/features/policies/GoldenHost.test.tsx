import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

async function openCard() {
  const app = await renderApp('/policies');
  await app.user.click(await screen.findByRole('link', { name: 'Base' }));
  const card = within(await screen.findByRole('region', { name: 'Golden host' }));
  const choose = async (index: number) => {
    await app.user.click(await card.findByRole('combobox', { name: 'Host' }));
    await app.user.click((await screen.findAllByRole('option', { hidden: true }))[index] as HTMLElement);
    await app.user.click(card.getByRole('button', { name: 'Apply' }));
  };
  return { ...app, card, choose };
}

it('names a golden host and has none any more', async () => {
  const { card, choose, user } = await openCard();
  expect((await card.findByRole('button', { name: 'Apply' })).hasAttribute('disabled')).toBe(true);
  await choose(0);
  await card.findByText(/named by/);
  await user.click(card.getByLabelText('None'));
  await user.click(card.getByRole('button', { name: 'Apply' }));
  await waitFor(() => expect(card.queryByText(/named by/)).toBeNull());
});

it('says why a host cannot be it', async () => {
  const { card, choose } = await openCard();
  await choose(2);
  expect((await card.findAllByText('Another policy applies to this host.')).length).toBeGreaterThan(0);
});
