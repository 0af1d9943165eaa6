import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

type User = Awaited<ReturnType<typeof renderApp>>['user'];
const actOn = async (user: User, name: string, action: RegExp) => {
  await user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  await user.click(await screen.findByRole('menuitem', { name: action, hidden: true }));
};
const choose = async (user: User, box: HTMLElement, option: string) => {
  await user.click(box);
  await user.click(await screen.findByRole('option', { name: option, hidden: true }));
};

it('makes a rota, shows who is on call and until when, and lets somebody stand in', async () => {
  const { user } = await renderApp('/alerts/on-call');
  await user.click(await screen.findByRole('button', { name: 'New rota' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'New rota' }));
  await user.type(dialog.getByLabelText(/^Name/), 'soc');
  expect(dialog.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true);
  await choose(user, dialog.getByRole('combobox', { name: /^Told through/ }), 'mail');
  await choose(user, dialog.getByRole('combobox', { name: /^Level 1/ }), 'admin');
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  const table = within(await screen.findByRole('table', { name: 'On call: soc' }));
  expect(table.getAllByText('admin').length).toBe(2);
  table.getByText('15 minutes');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await actOn(user, 'soc', /stand in/);
  const standIn = within(await screen.findByRole('dialog', { name: 'Stand in: soc' }));
  await choose(user, standIn.getByRole('combobox', { name: /^Who/ }), 'admin');
  await user.click(standIn.getByRole('button', { name: 'Save' }));
  const standIns = within(await screen.findByRole('list', { name: 'Stand-ins' }));
  standIns.getByText(/admin stands in at level 1/);
  await user.click(standIns.getByRole('button', { name: 'End' }));
  await waitFor(() => expect(screen.queryByRole('list', { name: 'Stand-ins' })).toBeNull());
});

it('makes a channel of a mail server, and says why a test notice did not arrive', async () => {
  const { user } = await renderApp('/alerts/channels');
  await user.click(await screen.findByRole('button', { name: 'New channel' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'New channel' }));
  await user.type(dialog.getByLabelText(/^Name/), 'second');
  await user.type(dialog.getByLabelText(/^Mail server/), 'mail2.example');
  await user.type(dialog.getByLabelText(/^Sender/), 'warder@example.com');
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  const table = within(await screen.findByRole('table', { name: 'Channels' }));
  await table.findByText('mail2.example');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await actOn(user, 'second', /^Send a test notice/);
  await screen.findByText(/nobody listens/);
  await actOn(user, 'second', /^Switch off/);
  await table.findByText('Off');
});
