import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

it('shows one rule: what it says, who uses it and what it found', async () => {
  const { user, router } = await renderApp('/rules');
  await user.click(await screen.findByRole('link', { name: '710101' }));
  await screen.findByRole('heading', { level: 1, name: 'sshd: a login failed' });
  expect(router.state.location.pathname).toBe('/rules/log-inspection/710101');
  const used = within(await screen.findByRole('table', { name: 'Used by' }));
  expect(used.getByRole('link', { name: 'Base' })).toBeTruthy();
  expect(used.getByText('710101 until 2030-01-01 by ops')).toBeTruthy();
  expect(screen.getByRole('textbox', { name: 'As it is written' }).textContent).toContain('<rule id="710101"');
  expect(screen.getByRole('link', { name: 'Its events' }).getAttribute('href')).toContain('rule+%3D+%22710101%22');
  await user.click(screen.getByRole('link', { name: 'Try it' }));
  await expect.poll(() => router.state.location.search).toMatchObject({ on: 'lines' });
});

it('shows a rule of intrusion prevention, whose id has a colon, and leaves events out without the right', async () => {
  const { manager } = await renderApp('/rules/ips/1:9000001', { rights: ['policies:read'] });
  await screen.findByRole('heading', { level: 1, name: 'Log4Shell in a header' });
  expect(manager.state.rights).toEqual(['policies:read']);
  expect(screen.queryByRole('link', { name: 'Its events' })).toBeNull();
  expect(screen.getByText('No policy uses it')).toBeTruthy();
});

it('says when there is no such rule', async () => {
  await renderApp('/rules/antivirus/1');
  await screen.findByRole('heading', { level: 1, name: 'There is no such rule' });
});
