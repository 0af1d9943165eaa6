import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '@/testing/renderApp';

test('shows a part for each thing that the person may know of', async () => {
  await renderApp('/health', { rights: ['system:read', 'backups:read'] });
  expect(await screen.findByRole('heading', { level: 1, name: 'System health' })).toBeTruthy();
  expect(await screen.findByText('SQLite')).toBeTruthy();
  expect(screen.getByRole('heading', { level: 2, name: 'Backups' })).toBeTruthy();
  expect(screen.queryByRole('heading', { level: 2, name: 'Hosts' })).toBeNull();
});

test('shows what is wrong first, and never green what has not run', async () => {
  await renderApp('/health', { rights: ['system:read'] });
  const table = await screen.findByRole('table', { name: 'Background jobs' });
  const rows = (await within(table).findAllByRole('row')).slice(1).map((row) => row.textContent ?? '');
  expect(rows.map((row) => /Overdue|Failed|Has not run yet|All right/.exec(row)?.[0])).toEqual(['Overdue', 'Failed', 'Has not run yet', 'All right', 'All right']);
  expect(rows[1]).toContain('keys.refresh.failed: the database does not answer');
  expect(rows[1]).toContain('look for this message');
  expect(rows[2]).toContain('never');
  const certificates = within(screen.getByRole('table', { name: 'Certificates' })).getAllByRole('row').map((row) => row.textContent ?? '');
  expect(certificates[1]).toMatch(/^Console and APImanager.example.comEnds soon.*12Put a new certificate/);
  expect(screen.getByText('Something needs you: see what is marked below')).toBeTruthy();
  expect(screen.getByText('321 GB of 500 GB free')).toBeTruthy();
});

test('says so to whoever may not know', async () => {
  await renderApp('/health', { rights: ['events:read'] });
  expect(await screen.findByRole('heading', { level: 1, name: 'You may not see this' })).toBeTruthy();
});
