import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '@/testing/renderApp';

test('shows a part for each thing that the person may know of', async () => {
  await renderApp('/health', { rights: ['system:read', 'backups:read'] });
  expect(await screen.findByRole('heading', { level: 1, name: 'System health' })).toBeTruthy();
  expect(await screen.findByText('SQLite')).toBeTruthy();
  expect(screen.getByRole('heading', { level: 2, name: 'Backups' })).toBeTruthy();
  expect(screen.queryByRole('heading', { level: 2, name: 'Hosts' })).toBeNull();
});

test('says so to whoever may not know', async () => {
  await renderApp('/health', { rights: ['events:read'] });
  expect(await screen.findByRole('heading', { level: 1, name: 'You may not see this' })).toBeTruthy();
});
