import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

it('publishes terms that begin with those in force', async () => {
  const { user } = await renderApp('/assurance/terms');
  expect(await screen.findByRole('region', { name: 'Version 1, in force' })).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Publish a version' }));
  const dialog = within(await screen.findByRole('dialog'));
  const publish = dialog.getByRole('button', { name: 'Publish a version' });
  expect(publish.hasAttribute('disabled')).toBe(true);
  await user.type(dialog.getByLabelText(/^In English/), ' Not to be passed on.');
  await user.click(publish);
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(within(await screen.findByRole('region', { name: 'Version 2, in force' })).getByText(/^For your own review only\. Not to be passed on\.$/)).toBeTruthy();
});

it('offers what can be done with the selected record, and says why not', async () => {
  const { user } = await renderApp('/assurance/evidence');
  await user.click(await screen.findByRole('checkbox', { name: 'Select Training of 2026' }));
  const bar = within(screen.getByRole('toolbar', { name: 'Actions for the selected records' }));
  expect(bar.getByRole('button', { name: 'Review' }).getAttribute('title')).toBe('It has been reviewed.');
  expect(bar.getByRole('button', { name: 'Delete' }).hasAttribute('disabled')).toBe(false);
  await user.click(screen.getByRole('checkbox', { name: 'Select Penetration test' }));
  expect(bar.getByRole('button', { name: 'Delete' }).hasAttribute('disabled')).toBe(true);
});

it('keeps the filters of evidence in the address', async () => {
  const { user, router } = await renderApp('/assurance/evidence?state=expired');
  const table = await screen.findByRole('table', { name: 'Evidence' });
  expect(await within(table).findByText('Penetration test')).toBeTruthy();
  expect(within(table).queryByText('Training of 2026')).toBeNull();
  const filters = within(screen.getByRole('group', { name: 'Filters' }));
  await user.click(filters.getByLabelText('Due within'));
  await user.click(await screen.findByRole('option', { name: 'a week', hidden: true }));
  await waitFor(() => expect(router.state.location.href).toBe('/assurance/evidence?state=expired&within=week'));
});

it('lists duties by need and gives one to somebody', async () => {
  const { user, router } = await renderApp('/assurance/duties');
  const table = await screen.findByRole('table', { name: 'Duties' });
  await within(table).findByText('Overdue');
  expect(within(table).getAllByRole('row').slice(1).map((row) => within(row).getByText(/^(Overdue|Nobody’s|Due|Held)$/).textContent)).toEqual(['Overdue', 'Nobody’s', 'Held']);
  await user.click(screen.getByRole('button', { name: 'Actions for 5' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Assign', hidden: true }));
  const dialog = within(await screen.findByRole('dialog'));
  const save = dialog.getByRole('button', { name: 'Save' });
  expect(save.hasAttribute('disabled')).toBe(true);
  await user.type(dialog.getByLabelText(/^Owner/), 'olga');
  await user.type(dialog.getByLabelText(/^Reviewer/), 'rita');
  await user.click(save);
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await user.click(within(screen.getByRole('group', { name: 'Filters' })).getByLabelText('Owner'));
  await user.click(await screen.findByRole('option', { name: 'olga', hidden: true }));
  await waitFor(() => expect(router.state.location.href).toBe('/assurance/duties?owner=olga'));
});
