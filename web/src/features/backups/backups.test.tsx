import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

const files = async () => within(await screen.findByRole('table', { name: 'Backups' }));

it('follows a backup until it is there', async () => {
  const { user } = await renderApp('/backups');
  expect((await files()).getAllByRole('row').length).toBe(2);
  await user.click(screen.getByRole('button', { name: 'Make a backup' }));
  await screen.findByText('Running');
  expect(screen.getByRole('button', { name: 'Make a backup' }).hasAttribute('disabled')).toBe(true);
  await waitFor(async () => expect((await files()).getAllByRole('row').length).toBe(3), { timeout: 8000 });
  expect(screen.queryByText('Running')).toBeNull();
});

it('verifies one, and shows when', async () => {
  const { user } = await renderApp('/backups');
  (await files()).getByText('never');
  await user.click((await files()).getByRole('button', { name: /^Actions for warder-/ }));
  await user.click(await screen.findByRole('menuitem', { name: /^Verify/, hidden: true }));
  await waitFor(async () => expect((await files()).queryByText('never')).toBeNull(), { timeout: 8000 });
  (await files()).getByText(/^Good/);
});

it('shows the result of a run that was over before anyone saw it running', async () => {
  const { user } = await renderApp('/backups');
  const begun = { id: 'quick', task: 'verify', state: 'succeeded', file: 'quick.backup', actor: 'manager', begun: '2026-01-01T00:00:00Z', ended: '2026-01-01T00:00:01Z', error: '', bytes: 9, parts: 1 };
  (await files()).getByText('never');
  server.use(
    http.post('*/api/v1/backups/:name/verification', () => HttpResponse.json({ ...begun, state: 'running', ended: null }, { status: 202 })),
    http.get('*/api/v1/backup-runs', () => HttpResponse.json({ items: [begun], next_cursor: null })),
    http.get('*/api/v1/backups', () => HttpResponse.json({ items: [{ name: 'quick.backup', bytes: 9, made: null, verified: begun }], next_cursor: null })),
  );
  await user.click((await files()).getByRole('button', { name: /^Actions for warder-/ }));
  await user.click(await screen.findByRole('menuitem', { name: /^Verify/, hidden: true }));
  await waitFor(async () => (await files()).getByText(/^Good/));
});

it('says why a run failed, and what the manager refuses', async () => {
  const { user } = await renderApp('/backups');
  const run = { id: '1', task: 'create', state: 'failed', file: '', actor: 'manager', begun: '2026-01-01T00:00:00Z', ended: '2026-01-01T00:00:01Z', error: 'the disk is full', bytes: 0, parts: 0 };
  server.use(
    http.get('*/api/v1/backup-runs', () => HttpResponse.json({ items: [run], next_cursor: null })),
    http.post('*/api/v1/backups', () => HttpResponse.json({ title: 'Conflict', detail: 'backup_directory is not set', status: 409, type: 'about:blank', code: 'x' }, { status: 409 })),
  );
  await user.click(await screen.findByRole('button', { name: 'Make a backup' }));
  await screen.findByText('backup_directory is not set');
  await screen.findByText('the disk is full');
});
