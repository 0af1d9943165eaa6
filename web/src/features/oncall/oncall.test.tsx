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

it('makes a route of severity, hours and a channel, tries it, switches it off and removes it', async () => {
  const { user } = await renderApp('/alerts/routes');
  await screen.findByText(/nobody is told/);
  await user.click(await screen.findByRole('button', { name: 'New route' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'New route' }));
  await user.type(dialog.getByLabelText(/^Name/), 'severe');
  const save = dialog.getByRole('button', { name: 'Save' });
  expect(save.hasAttribute('disabled')).toBe(true);
  await choose(user, dialog.getByRole('combobox', { name: /^From severity/ }), 'High');
  await choose(user, dialog.getByRole('combobox', { name: /^Rules/ }), 'agent-silent');
  await choose(user, dialog.getByRole('combobox', { name: /^Channels/ }), 'mail');
  await user.clear(dialog.getByLabelText(/^From \*|^From$/));
  await user.type(dialog.getByLabelText(/^From \*|^From$/), '09:00');
  await user.click(save);
  const table = within(await screen.findByRole('table', { name: 'Routes' }));
  await table.findByText('severe');
  table.getByText('High');
  table.getByText('agent-silent');
  table.getByText(/^09:00–24:00, /);
  table.getByText('mail');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await actOn(user, 'severe', /^Send a test notice/);
  await screen.findByText(/nobody listens/);
  await actOn(user, 'severe', /^Switch off/);
  await table.findByText('Off');
  await actOn(user, 'severe', /^Delete/);
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Delete' }));
  await screen.findByText(/nobody is told/);
});

it('makes a heartbeat, changes its interval, tries it and removes it', async () => {
  const { user } = await renderApp('/alerts/heartbeats');
  await user.click(await screen.findByRole('button', { name: 'New heartbeat' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'New heartbeat' }));
  await user.type(dialog.getByLabelText(/^Name/), 'pager');
  expect(dialog.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true);
  await choose(user, dialog.getByRole('combobox', { name: /^Sent through/ }), 'mail');
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  const table = within(await screen.findByRole('table', { name: 'Heartbeats' }));
  await table.findByText('5 min');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await actOn(user, 'pager', /^Edit/);
  const edited = within(await screen.findByRole('dialog', { name: 'Change pager' }));
  await user.clear(edited.getByLabelText(/^Every/));
  await user.type(edited.getByLabelText(/^Every/), '60');
  await user.click(edited.getByRole('button', { name: 'Save' }));
  await table.findByText('1 min');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await actOn(user, 'pager', /^Send a test notice/);
  await screen.findByText(/nobody listens/);
  await actOn(user, 'pager', /^Delete/);
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Delete' }));
  await screen.findByText('No sign of life is sent');
});
