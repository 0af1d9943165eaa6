import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

type User = Awaited<ReturnType<typeof renderApp>>['user'];
const begin = async (user: User, name: string, action: RegExp) => {
  await user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  await user.click(await screen.findByRole('menuitem', { name: action, hidden: true }));
  return within(await screen.findByRole('dialog'));
};

it('agrees after saying what it allows, and ends with a reason', async () => {
  const { user } = await renderApp('/access-grants');
  const dialog = await begin(user, 'olga', /^Agree/);
  dialog.getByText(/olga may act in primary as Auditor, until/);
  await user.click(dialog.getByRole('button', { name: 'Agree' }));
  await screen.findByText('Agreed', { selector: 'td *' });
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const end = await begin(user, 'olga', /^End/);
  expect(end.getByRole('button', { name: 'End' }).hasAttribute('disabled')).toBe(true);
  await user.type(end.getByLabelText(/Reason/), 'case closed');
  await user.click(end.getByRole('button', { name: 'End' }));
  await screen.findByText('Ended');
  await screen.findByText('case closed');
});

it('is asked for another tenant, and nobody decides about an own request', async () => {
  const { user } = await renderApp('/access-grants');
  await user.click(await screen.findByRole('button', { name: 'Ask for access' }));
  const dialog = within(await screen.findByRole('dialog'));
  const ask = dialog.getByRole('button', { name: 'Ask for access' });
  await user.type(dialog.getByLabelText(/Reason/), 'case 4712');
  expect(ask.hasAttribute('disabled')).toBe(true);
  await user.click(dialog.getByRole('combobox', { name: /^Tenant/ }));
  expect(screen.queryByRole('option', { name: 'primary', hidden: true })).toBeNull();
  await user.click(await screen.findByRole('option', { name: 'acme', hidden: true }));
  await user.click(ask);
  await screen.findByText('case 4712');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await user.click(screen.getByRole('button', { name: 'Actions for admin' }));
  const agree = await screen.findByRole('menuitem', { name: /^Agree/, hidden: true });
  expect(agree.getAttribute('data-disabled')).not.toBeNull();
});
