import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

async function openFile() {
  const { user, manager } = await renderApp('/quarantine');
  await user.click(await screen.findByRole('combobox', { name: 'Host' }));
  await user.click(await screen.findByRole('option', { name: 'web-1', hidden: true }));
  await user.click(await screen.findByRole('button', { name: 'Ask the host' }));
  await user.click(await screen.findByRole('button', { name: 'Actions for /srv/upload/bad.bin' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Put back', hidden: true }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(await dialog.findByLabelText(/Reason/), 'a false alarm');
  await user.click(dialog.getByRole('button', { name: 'Ask a second person' }));
  await dialog.findByText('Waiting for a second person');
  Object.assign(manager.approvals[0] ?? {}, { state: 'approved' });
  await dialog.findByText('A second person has agreed', {}, { timeout: 7_000 });
  return { user, dialog };
}

it('keeps the reason of a refusal when the approval is used up', async () => {
  const { user, dialog } = await openFile();
  server.use(http.post('*/api/v1/agents/:id/commands', () => HttpResponse.json({ type: 'about:blank', title: 'Conflict', detail: 'it would be taken away again', status: 409, code: 'x' }, { status: 409 })));
  await user.click(dialog.getByRole('button', { name: 'Put back now' }));
  await dialog.findByText('it would be taken away again');
}, 20_000);

it('is not asked for by who may not send commands', async () => {
  await renderApp('/quarantine', { rights: ['agents:read', 'commands:read'] });
  const box = await screen.findByRole('combobox', { name: 'Host' });
  box.click();
  (await screen.findByRole('option', { name: 'web-1', hidden: true })).click();
  await waitFor(() => expect(screen.getByRole('button', { name: 'Ask the host' }).hasAttribute('disabled')).toBe(true));
});
