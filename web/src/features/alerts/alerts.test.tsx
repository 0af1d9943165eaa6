import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

const list = async () => within(await screen.findByRole('table', { name: 'Alerts' }));
const actOn = async (user: Awaited<ReturnType<typeof renderApp>>['user'], name: string, action: RegExp) => {
  await user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  await user.click(await screen.findByRole('menuitem', { name: action, hidden: true }));
};

it('shows what is active, and filters by the address', async () => {
  await renderApp('/alerts');
  (await list()).getByText('Agent on web-01 is silent');
  expect((await list()).queryByText('A backup has failed')).toBeNull();
});

it('reads the filters from the address', async () => {
  await renderApp('/alerts?state=resolved');
  (await list()).getByText('A backup has failed');
  expect((await list()).queryByText('Agent on web-01 is silent')).toBeNull();
});

it('acknowledges several at once', async () => {
  const { user } = await renderApp('/alerts');
  for (const box of (await list()).getAllByRole('checkbox', { name: /web-01|db-01/ })) await user.click(box);
  const bar = within(screen.getByRole('toolbar', { name: 'Actions on the selected alerts' }));
  bar.getByText(/^2 /);
  expect(bar.getByRole('button', { name: 'Silence …' }).hasAttribute('disabled')).toBe(true);
  await user.click(bar.getByRole('button', { name: 'Acknowledge' }));
  await waitFor(async () => expect((await list()).getAllByText('Acknowledged').length).toBe(2));
});

it('opens one from the link of a mail, says why it was opened, and takes a comment', async () => {
  const { user, router } = await renderApp('/alerts/0193a0b0-0000-7000-8000-000000000001');
  const drawer = within(await screen.findByRole('dialog', { name: 'Agent on web-01 is silent' }));
  expect(router.state.location.pathname).toBe('/alerts');
  await drawer.findByText(/The last value is 320; it fires at 300/);
  const line = within(await drawer.findByRole('list', { name: 'What has happened' }));
  await line.findByText(/admin was told \(sent\)/);
  await user.type(drawer.getByLabelText('Comment'), 'the rack has no power');
  await user.click(drawer.getByRole('button', { name: 'Write' }));
  await line.findByText(/admin: the rack has no power/);
});

it('silences what is like an alert', async () => {
  const { user, router } = await renderApp('/alerts');
  await actOn(user, 'Agent on web-01 is silent', /^Silence/);
  const dialog = within(await screen.findByRole('dialog', { name: 'New silence' }));
  dialog.getByText(/host.name = web-01/);
  expect(dialog.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true);
  await user.type(dialog.getByLabelText(/Reason/), 'the rack moves');
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await router.navigate({ to: '/alerts/silences' });
  const table = within(await screen.findByRole('table', { name: 'Silences' }));
  table.getByText('agent-silent, host.name = web-01');
  await waitFor(() => table.getByText('admin'));
  await actOn(user, 'Agent on web-01 is silent', /^End/);
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'End' }));
  await screen.findByText('Nothing is silenced');
});

it('sends only what was tuned of a rule', async () => {
  const { user } = await renderApp('/alerts/rules');
  const sent: unknown[] = [];
  server.use(
    http.patch('*/api/v1/alert-rules/agent-silent', async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({});
    }),
  );
  await actOn(user, 'agent-silent', /^Edit/);
  const dialog = within(await screen.findByRole('dialog', { name: /agent-silent/ }));
  expect(dialog.queryByLabelText(/Filter/)).toBeNull();
  await user.clear(dialog.getByLabelText('Fires at'));
  await user.type(dialog.getByLabelText('Fires at'), '600');
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(sent).toEqual([{ fire_at: 600 }]));
});

it('shows the past events that a rule matches', async () => {
  const { user, router } = await renderApp('/alerts/rules');
  await actOn(user, 'critical-event', /^Show events/);
  await waitFor(() => expect(router.state.location.pathname).toBe('/events'));
  expect(router.state.location.search).toMatchObject({ filter: 'severity = critical' });
});

it('keeps those from acting who may only read', async () => {
  const { user } = await renderApp('/alerts', { rights: ['alerts:read'] });
  await user.click(await screen.findByRole('button', { name: 'Actions for Agent on web-01 is silent' }));
  const item = await screen.findByRole('menuitem', { name: /^Acknowledge/, hidden: true });
  expect(item.getAttribute('data-disabled')).not.toBeNull();
});
