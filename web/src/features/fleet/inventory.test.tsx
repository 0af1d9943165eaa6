import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

it('shows what a host has and what fits it', async () => {
  const { user, router } = await renderApp('/fleet');
  await user.click(await screen.findByRole('link', { name: 'web-1' }));
  await user.click(await screen.findByRole('tab', { name: 'Inventory' }));
  await screen.findByText('1.22.1-9');
  await screen.findByText(/nginx: access and error logs – package nginx 1\.22\.1-9/);
  await user.type(screen.getByLabelText('Search name or attribute'), 'DJANGO');
  await screen.findByText('4.2.1');
  await expect.poll(() => screen.queryByText('1.22.1-9')).toBeNull();
  expect(router.state.location.search).toMatchObject({ tab: 'inventory', q: 'DJANGO' });
});

it('finds the hosts that have a version', async () => {
  const { user, router } = await renderApp('/fleet/software?q=openssl');
  await user.click(await screen.findByRole('link', { name: 'openssl' }));
  expect((await screen.findAllByRole('link', { name: /^(web|db)-/ })).length).toBeGreaterThan(0);
  expect(router.state.location.search).toMatchObject({ name: 'openssl', version: '3.0.11-1~deb12u2' });
  await user.click(screen.getByRole('link', { name: 'Back to the list' }));
  await screen.findByRole('link', { name: 'openssl' });
});

it('says when an agent has told nothing yet', async () => {
  const { user } = await renderApp('/fleet');
  server.use(http.get('*/api/v1/agents/:id/inventory', () => HttpResponse.json({ lists: [], system: null })));
  await user.click(await screen.findByRole('link', { name: 'web-1' }));
  await user.click(await screen.findByRole('tab', { name: 'Inventory' }));
  await screen.findByText('No inventory yet');
});
