import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, expect, it } from 'vitest';
import { setPreferences } from '@/lib/preferences';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

afterEach(() => setPreferences({ singleKeys: true }));

async function openFleet(options: Parameters<typeof renderApp>[1] = {}) {
  const app = await renderApp('/fleet', options);
  await screen.findByRole('link', { name: 'web-1' });
  return app;
}
const bar = () => screen.findByRole('toolbar', { name: 'Actions on the selected hosts' });

it('acts on all that match by the API, and names what failed', async () => {
  const { user, manager } = await openFleet();
  const agents = manager.agents.map((agent, index) => Object.assign(agent, { hostname: `host-${index}`, state: 'online' }));
  const pages: string[] = [];
  server.use(
    http.get('*/api/v1/agents', ({ request }) => {
      const cursor = Number(new URL(request.url).searchParams.get('cursor') ?? 0);
      pages.push(String(cursor));
      return HttpResponse.json({ items: agents.slice(cursor, cursor + 1), next_cursor: cursor + 1 < agents.length ? String(cursor + 1) : null });
    }),
    http.post('*/api/v1/agents/:id/commands', ({ params }) =>
      params.id === agents[1]?.id ? HttpResponse.json({ title: 'No', detail: 'It is busy.', status: 409, type: 'about:blank', code: 'conflict' }, { status: 409 }) : HttpResponse.json({}, { status: 202 }),
    ),
  );
  await user.click(screen.getByRole('combobox', { name: 'State' }));
  await user.click(await screen.findByRole('option', { name: 'Online', hidden: true }));
  await user.click(await screen.findByLabelText('Select host-0'));
  await user.click(within(await bar()).getByRole('button', { name: 'Select all that match the filter' }));
  await within(await bar()).findByText(`All ${agents.length} that match`);
  expect(pages).toContain(String(agents.length - 1));
  await user.click(within(await bar()).getByRole('button', { name: 'Run the self-test' }));
  const dialog = await screen.findByRole('dialog', { name: 'Run the self-test' });
  await within(dialog).findByText('host-1: It is busy.');
  within(dialog).getByText(`${agents.length - 1} of ${agents.length} done`);
});

it('assigns many, and takes it back', async () => {
  const { user, manager } = await openFleet();
  await user.click(screen.getByLabelText('Select all that are shown'));
  await user.click(within(await bar()).getByRole('button', { name: 'Group and policy…' }));
  await user.click(await screen.findByRole('combobox', { name: 'Policy' }));
  await user.click(await screen.findByRole('option', { name: 'Base', hidden: true }));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText(/hosts were assigned/);
  expect(manager.agents.every((agent) => agent.policy_id !== null)).toBe(true);
  await user.click(screen.getByRole('button', { name: 'Undo' }));
  await screen.findByText('Taken back.');
  expect(manager.agents.every((agent) => agent.policy_id === null)).toBe(true);
});

it('gives many a value, and takes it back', async () => {
  const { user, manager } = await openFleet();
  await user.click(screen.getByLabelText('Select all that are shown'));
  await user.click(within(await bar()).getByRole('button', { name: 'Value…' }));
  const dialog = await screen.findByRole('dialog', { name: /^Value of \d+ hosts$/ });
  const save = within(dialog).getByRole('button', { name: 'Save' });
  expect(within(dialog).getAllByRole('radio').every((each) => !(each as HTMLInputElement).checked)).toBe(true);
  expect(save).toHaveProperty('disabled', true);
  await user.click(within(dialog).getByRole('radio', { name: 'Its own' }));
  const number = within(dialog).getByRole('textbox', { name: 'Value, 1 to 100' });
  expect(save).toHaveProperty('disabled', true);
  await user.type(number, '101');
  within(dialog).getByText('This value is not valid.');
  expect(save).toHaveProperty('disabled', true);
  await user.clear(number);
  await user.type(number, '80');
  await user.click(save);
  await screen.findByText(/hosts have their value/);
  expect(manager.agents.every((agent) => agent.asset_value === 80)).toBe(true);
  await user.click(screen.getByRole('button', { name: 'Undo' }));
  await screen.findByText('Taken back.');
  expect(manager.agents.map((agent) => agent.asset_value)).toEqual([30, ...manager.agents.slice(1).map(() => null)]);
});

it('lets a host have the value of its group again', async () => {
  const { user, manager } = await openFleet();
  await user.click(screen.getByLabelText('Select web-1'));
  await user.click(within(await bar()).getByRole('button', { name: 'Value…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Value of web-1' });
  expect(within(dialog).getByRole('textbox', { name: 'Value, 1 to 100' })).toHaveProperty('value', '30');
  await user.click(within(dialog).getByRole('radio', { name: 'that of its group' }));
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await screen.findByText('1 host has its value.');
  expect(manager.agents[0]?.asset_value).toBe(null);
});

it('does by key what the row at hand allows', async () => {
  const { user } = await openFleet();
  await user.keyboard('ja');
  await screen.findByRole('dialog', { name: /^Group and policy of/ });
});

it('does nothing by key without the right, or when single keys are off', async () => {
  const { user } = await openFleet({ rights: ['agents:read', 'policies:read'] });
  await user.keyboard('ja');
  expect(screen.queryByRole('dialog')).toBeNull();
  setPreferences({ singleKeys: false });
  await user.keyboard('jx');
  expect(screen.queryByRole('toolbar', { name: 'Actions on the selected hosts' })).toBeNull();
});

it('offers the actions of the page in the palette', async () => {
  const { user } = await openFleet();
  await user.keyboard('jx{Control>}k{/Control}');
  const palette = await screen.findByPlaceholderText('Go to a page or do something');
  await user.type(palette, 'group and');
  await user.keyboard('{Enter}');
  await waitFor(() => expect(screen.getByRole('dialog', { name: /^Group and policy of/ })).toBeTruthy());
});
