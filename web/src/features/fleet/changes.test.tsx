import { screen, within } from '@testing-library/react';
import { http, type HttpHandler, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { eventsAddress } from '@/features/fleet/changes';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

const openChanges = async (host: string, answer?: HttpHandler) => {
  const app = await renderApp('/fleet');
  if (answer) server.use(answer);
  await app.user.click(await screen.findByRole('link', { name: host }));
  await app.user.click(await screen.findByRole('tab', { name: 'Changes' }));
  return app;
};

it('shows what differs and narrows it in the address', async () => {
  const { user, router } = await openChanges('web-1');
  const row = within(await screen.findByRole('row', { name: /sshd_config/ }));
  expect(row.getByText('0600').parentElement?.textContent).toBe('0600 → 0644');
  expect(screen.getByRole('row', { name: /nginx/ }).textContent).toContain('(not told) → (not told)');
  await user.type(screen.getByLabelText('Search path or name'), 'CRON');
  await expect.poll(() => screen.queryByText('/etc/motd')).toBeNull();
  expect(router.state.location.search).toMatchObject({ tab: 'changes', q: 'CRON' });
  expect((await screen.findByRole('row', { name: /cron/ })).textContent).toContain('renamed from /etc/cron.d/.new');
});

it('approves a change by its events', async () => {
  const { user } = await openChanges('web-1');
  await user.click(await screen.findByRole('button', { name: 'Actions for /etc/ssh/sshd_config' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Approve as expected', hidden: true }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(dialog.getByLabelText(/^Reason/), 'planned');
  await user.click(dialog.getByRole('button', { name: 'Approve' }));
  await expect.poll(() => screen.getByRole('row', { name: /sshd_config/ }).textContent).toContain('Approved:');
});

it('never says that nothing has changed where that is not known', async () => {
  const nothing = { items: [], next_cursor: null, since: null, start: 'unknown', baseline: null, extended: null, last_seen: null, gaps: ['nothing-held'], events: 0, changes: 0, matching: 0 };
  await openChanges('web-1', http.get('*/api/v1/agents/:id/changes', () => HttpResponse.json(nothing)));
  await screen.findByText('Nothing is known');
  expect(screen.queryByText('Nothing has changed since then')).toBeNull();
});

it('leads to the events of an object, whatever it is', () => {
  const change = { key: '/etc/"a"', first: '2026-11-01T00:00:00Z' } as Parameters<typeof eventsAddress>[1];
  const filterOf = (kind: typeof change.kind) => new URLSearchParams(eventsAddress('7', { ...change, kind }).split('?')[1]).get('filter');
  expect(filterOf('file')).toBe('agent = 7 and (file.path = "/etc/\\"a\\"" or file.path.was = "/etc/\\"a\\"")');
  expect(filterOf('port')).toBe('agent = 7 and entity.kind = "PortSet" and entity.key = "/etc/\\"a\\""');
});
