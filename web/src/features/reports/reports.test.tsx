import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it, vi } from 'vitest';
import { saveBlob } from '@/lib/download';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

vi.mock('@/lib/download', async (load) => ({ ...(await load<object>()), saveBlob: vi.fn() }));

const dialog = async () => within(await screen.findByRole('dialog'));
const rowOf = async (name: string) => {
  const row = (await screen.findAllByRole('row')).find((each) => each.textContent?.includes(name));
  if (!row) throw new Error(`no row of ${name}`);
  return within(row);
};

it('describes a report in plain words while it is made, and keeps it', async () => {
  const { user } = await renderApp('/reports');
  await user.click(await screen.findByRole('button', { name: 'Add a report' }));
  const form = await dialog();
  await user.type(form.getByRole('textbox', { name: 'Name' }), 'Morning');
  expect(form.getByText(/^Every day at 08:00/).textContent).toMatch(/: The day before.*Next: \d{4}-\d\d-\d\d 08:00, of \d{4}-\d\d-\d\d 00:00 to \d{4}-\d\d-\d\d 00:00\.$/);
  await user.click(form.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect((await rowOf('Morning')).getByText(/^Every day at 08:00/)).toBeTruthy();
});

it('tells what is wrong with a filter while it is written', async () => {
  const { user } = await renderApp('/reports');
  await user.click(await screen.findByRole('button', { name: 'Add a report' }));
  server.use(http.get('*/api/v1/events', () => HttpResponse.json({ title: 'Not accepted', detail: '/filter: there is no field x', status: 400, type: 'about:blank', code: 'x' }, { status: 400 })));
  await user.type((await dialog()).getByLabelText('Filter'), 'x = 1');
  await screen.findByText('/filter: there is no field x');
});

it('switches a report off, and on again by undo', async () => {
  const { user } = await renderApp('/reports');
  await user.click(await screen.findByRole('button', { name: 'Actions for Weekly events' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Switch off', hidden: true }));
  await waitFor(async () => expect((await rowOf('Weekly events')).getByText('Off')).toBeTruthy());
  await user.click(await screen.findByRole('button', { name: 'Undo' }));
  await waitFor(async () => expect((await rowOf('Weekly events')).getByText('On')).toBeTruthy());
});

it('deletes only after a question', async () => {
  const { user } = await renderApp('/reports');
  await user.click(await screen.findByRole('button', { name: 'Actions for Weekly events' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete', hidden: true }));
  const question = await dialog();
  expect(question.getByText('Delete Weekly events?')).toBeTruthy();
  expect(screen.getByText('Weekly events')).toBeTruthy();
  await user.click(question.getByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Actions for Weekly events' })).toBeNull());
});

it('makes a report now, and shows what was made of it alone', async () => {
  const { user, router } = await renderApp('/reports');
  await user.click(await screen.findByRole('checkbox', { name: 'Select Weekly events' }));
  const bar = within(screen.getByRole('toolbar', { name: 'Actions for the selected reports' }));
  await user.click(bar.getByRole('button', { name: 'Make it now' }));
  await screen.findByText('It is being made.');
  await user.click(bar.getByRole('button', { name: 'Show what was made' }));
  const table = await screen.findByRole('table', { name: 'Made for me' });
  expect(router.state.location.href).toMatch(/^\/reports\/deliveries\?report=/);
  expect(within(table).getAllByText('Weekly events').length).toBe(3);
  expect(within(table).queryByText('State of the hosts')).toBeNull();
});

it('a failed one has its reason and no files; a PDF that cannot be made is told, not saved', async () => {
  const { user } = await renderApp('/reports/deliveries');
  const failed = await rowOf('State of the hosts');
  expect(failed.getByText('the recipient may not see hosts')).toBeTruthy();
  expect(failed.queryByRole('button')).toBeNull();
  await user.click((await screen.findAllByRole('button', { name: 'PDF of Weekly events' }))[0] as HTMLElement);
  await screen.findByText('There is no Chromium on the manager');
  expect(saveBlob).not.toHaveBeenCalled();
  await user.click((await screen.findAllByRole('button', { name: 'JSON of Weekly events' }))[0] as HTMLElement);
  await waitFor(() => expect(saveBlob).toHaveBeenCalledWith(expect.stringMatching(/^Weekly events \d{4}-\d\d-\d\d\.json$/), expect.anything()));
});
