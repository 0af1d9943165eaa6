import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

async function openBase() {
  const app = await renderApp('/policies');
  await app.user.click(await screen.findByRole('link', { name: 'Base' }));
  await screen.findByRole('region', { name: 'Integrity monitoring' });
  return app;
}

const override = async (key: string, user: Awaited<ReturnType<typeof openBase>>['user']) =>
  user.click(within(screen.getByRole('radiogroup', { name: `Where ${key} comes from` })).getByText('Overridden'));

it('shows where values come from and checks them', async () => {
  const { user } = await openBase();
  expect(screen.getAllByText('built-in default').length).toBeGreaterThan(2);
  expect(screen.getByText('set here')).toBeTruthy();
  await override('heartbeat_s', user);
  const input = screen.getByRole('textbox', { name: 'heartbeat_s' });
  await user.clear(input);
  await user.type(input, '1');
  await screen.findByText('At least 5.');
  expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true);
});

it('puts the complaint of the manager beside the setting', async () => {
  const { user } = await openBase();
  await override('watch', user);
  const input = screen.getByRole('textbox', { name: 'watch' });
  await user.clear(input);
  await user.type(input, 'etc');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect((await screen.findAllByText('A path must be absolute.')).length).toBeGreaterThan(0);
});

it('keeps the draft when someone else was faster', async () => {
  const { user } = await openBase();
  server.use(http.patch('*/api/v1/policies/*', () => HttpResponse.json({ title: 'Precondition failed', status: 412, type: 'about:blank', code: 'stale' }, { status: 412 })));
  await override('self_protection', user);
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Someone else changed this policy meanwhile');
  expect(screen.getByText('1 change not saved')).toBeTruthy();
});

it('saves with the version that was read', async () => {
  const { user } = await openBase();
  let match: string | null = null;
  server.events.on('request:start', ({ request }) => {
    if (request.method === 'PATCH') match = request.headers.get('if-match');
  });
  await override('self_protection', user);
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(match).toBe('"1"'));
  await screen.findByText(/Version 2/);
});
