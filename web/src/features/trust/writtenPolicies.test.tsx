import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

const dialog = async () => within(await screen.findByRole('dialog'));

it('tells in the account menu what is to be acknowledged, until it is', async () => {
  const { user, router } = await renderApp('/fleet');
  await user.click(await screen.findByRole('button', { name: 'Account of Administrator: 1 policy to acknowledge' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Policies for me (1 to acknowledge)', hidden: true }));
  await user.click(await screen.findByRole('button', { name: 'Read and acknowledge: Acceptable use' }));
  expect(router.state.location.href).toMatch(/^\/own-policies\?policy=/);
  const shown = await dialog();
  expect((await shown.findByRole('group', { name: 'Acceptable use' })).textContent).toContain('Never share a password.');
  await user.click(shown.getByRole('button', { name: 'I have read version 1 and acknowledge it' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(await screen.findByRole('button', { name: 'Account of Administrator' })).toBeTruthy();
  expect(within(await screen.findByRole('table', { name: 'Policies for me' })).getByText('Acknowledged')).toBeTruthy();
});

it('a PDF can be acknowledged once it was fetched', async () => {
  const { user } = await renderApp('/own-policies');
  const policy = { id: '0193a0a4-0000-7000-8000-000000000009', title: 'Travel', owner: 'olga', version: 2, media_type: 'application/pdf', sha256: 'ab'.repeat(32), in_force: '2026-11-01T00:00:00Z', state: 'due', acknowledged: null, deadline: '2026-12-15T00:00:00Z' };
  server.use(http.get('*/api/v1/trust/own-policies', () => HttpResponse.json({ items: [policy], next_cursor: null })));
  await user.click(await screen.findByRole('button', { name: 'Read and acknowledge: Travel' }));
  const shown = await dialog();
  const acknowledge = shown.getByRole('button', { name: 'I have read version 2 and acknowledge it' });
  expect(acknowledge.hasAttribute('disabled')).toBe(true);
  await user.click(shown.getByRole('button', { name: 'Fetch the PDF' }));
  expect(acknowledge.hasAttribute('disabled')).toBe(false);
});

it('says by name who has acknowledged a policy and who has not, those who are late first', async () => {
  const { user, router } = await renderApp('/assurance/policies');
  await user.click(await screen.findByRole('link', { name: 'Acceptable use' }));
  const people = await screen.findByRole('table', { name: 'Who has acknowledged it, and who has not' });
  const names = () => within(people).getAllByRole('row').slice(1).map((row) => within(row).getAllByRole('cell')[0]?.textContent);
  expect(names()).toEqual(['admin', 'olga', 'tom', 'mei']);
  await user.click(within(screen.getByRole('region', { name: /^Who has/ })).getByRole('button', { name: /^Acknowledged/ }));
  await waitFor(() => expect(router.state.location.search).toEqual({ state: 'complete' }));
  await waitFor(() => expect(within(screen.getByRole('table', { name: /^Who has/ })).getAllByRole('row').length).toBe(2));
});

it('offers a review to somebody who neither answers for the version nor has filed it, and puts it in force', async () => {
  const { user } = await renderApp('/assurance/policies');
  await user.click(await screen.findByRole('checkbox', { name: 'Select Acceptable use' }));
  const bar = within(screen.getByRole('toolbar', { name: 'Actions for the selected policies' }));
  expect(bar.getByRole('button', { name: 'Review' }).getAttribute('title')).toBe('No version waits for a review.');
  await user.click(screen.getByRole('button', { name: 'Actions for What follows when rules are broken' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Review', hidden: true }));
  await user.click((await dialog()).getByRole('button', { name: 'Review' }));
  const row = (await screen.findByRole('link', { name: 'What follows when rules are broken' })).closest('tr') as HTMLElement;
  await within(row).findByText('Version 1, in force');
  // It is for everybody, so the reviewer is asked, too.
  expect(await screen.findByRole('button', { name: 'Account of Administrator: 2 policies to acknowledge' })).toBeTruthy();
});

it('files a version, which its filer may not review', async () => {
  const { user } = await renderApp('/assurance/policies');
  await user.click(await screen.findByRole('button', { name: 'File a policy' }));
  const form = await dialog();
  await user.type(form.getByLabelText(/^Title/), 'Travel');
  await user.type(form.getByLabelText(/^Owner/), 'olga');
  const save = form.getByRole('button', { name: 'Save' });
  expect(save.hasAttribute('disabled')).toBe(true);
  await user.type(form.getByLabelText(/^What it says/), 'Keep it with you.');
  await user.click(save);
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await user.click(await screen.findByRole('button', { name: 'Actions for Travel' }));
  expect((await screen.findByRole('menuitem', { name: /^Review/, hidden: true })).textContent).toContain('neither answers for it nor has filed it');
});

it('withdraws a policy after a question', async () => {
  const { user } = await renderApp('/assurance/policies');
  await user.click(await screen.findByRole('button', { name: 'Actions for Acceptable use' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Withdraw', hidden: true }));
  await user.click((await dialog()).getByRole('button', { name: 'Withdraw' }));
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Acceptable use' })).toBeNull());
  expect(await screen.findByRole('button', { name: 'Account of Administrator' })).toBeTruthy();
});
