import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';
import { makeMockManager } from '../../mock/manager.ts';

const pages = [
  ['/fleet', 'Fleet', 'agents:read', '*/api/v1/agents'],
  ['/fleet/groups', 'Fleet', 'agents:read', '*/api/v1/groups'],
  ['/fleet/software', 'Fleet', 'agents:read', '*/api/v1/inventory/packages/versions'],
  ['/fleet/enrolment', 'Fleet', 'agents:read', '*/api/v1/enrol-tokens'],
  ['/policies', 'Policies', 'policies:read', '*/api/v1/policies'],
  ['/users', 'Users', 'users:read', '*/api/v1/users'],
  ['/users/roles', 'Users', 'roles:read', '*/api/v1/roles'],
  ['/approvals', 'Approvals', 'approvals:read', '*/api/v1/approvals'],
  ['/audit', 'Audit log', 'audit:read', '*/api/v1/audit'],
  ['/tenants', 'Tenants', 'tenants:read', '*/api/v1/tenants'],
  ['/tenants/isolation', 'Tenants', 'tenants:read', '*/api/v1/tenant-isolation'],
  ['/access-grants', 'Operator access', 'access-grants:read', '*/api/v1/access-grants'],
  ['/keys', 'Keys', 'keys:read', '*/api/v1/keys'],
  ['/assurance/policies', 'Written policies', 'trust:read', '*/api/v1/trust/policies'],
  ['/backups', 'Backups', 'backups:read', '*/api/v1/backups'],
  ['/incidents', 'Incidents', 'incidents:read', '*/api/v1/incidents'],
  ['/incidents/times', 'Incidents', 'incidents:read', '*/api/v1/incident-statistics'],
  ['/review', 'Daily review', 'reviews:read', '*/api/v1/reviews'],
  ['/reports', 'Reports', 'reports:read', '*/api/v1/reports'],
  ['/reports/deliveries', 'Reports', 'reports:read', '*/api/v1/report-deliveries'],
  ['/rules', 'Rules', 'policies:read', '*/api/v1/rules'],
  ['/attack', 'ATT&CK', 'policies:read', '*/api/v1/rules'],
  ['/firewall', 'Firewall', 'policies:read', '*/api/v1/policies'],
  ['/quarantine', 'Quarantine', 'agents:read', '*/api/v1/agents'],
  ['/events', 'Events', 'events:read', '*/api/v1/events'],
  ['/dashboard', 'Dashboard', 'events:read', '*/api/v1/session/dashboard'],
] as const;

describe('session', () => {
  it('asks for a login and comes back', async () => {
    const { user, router, manager } = await renderApp('/fleet?host=web', { rights: undefined as unknown as string[] });
    manager.state.password = 'Something-else-2';
    await user.type(await screen.findByLabelText('User name'), 'admin');
    await user.type(screen.getByLabelText('Password'), 'wrong');
    await user.click(screen.getByRole('button', { name: 'Log in' }));
    expect((await screen.findByRole('alert')).textContent).toContain('is wrong');
    await user.type(screen.getByLabelText('Password'), 'Something-else-2');
    await user.click(screen.getByRole('button', { name: 'Log in' }));
    await screen.findByRole('heading', { name: 'Fleet' });
    expect(router.state.location.href).toBe('/fleet?host=web');
    await user.click(screen.getByRole('button', { name: /^Account of/ }));
    await screen.findByText(/^Last login .* from 192\.0\.2\.7$/);
  });

  it('wants the one-time password changed, and shows what the manager refuses', async () => {
    const { user } = await renderApp('/events', { mustChange: true });
    await screen.findByRole('heading', { name: 'Change password' });
    await user.type(screen.getByLabelText('Current password'), 'One-time-1');
    await user.type(screen.getByLabelText('New password'), 'all-lower-case-letters');
    await user.type(screen.getByLabelText('New password again'), 'all-lower-case-letters');
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    await screen.findByText('Needs an upper-case letter and a digit.');
  });
});

describe('the second factor', () => {
  it('is asked for after the password', async () => {
    const { user, router, manager } = await renderApp('/fleet', { rights: undefined as unknown as string[], code: '123456' });
    manager.state.password = 'Something-else-2';
    await user.type(await screen.findByLabelText('User name'), 'admin');
    await user.type(screen.getByLabelText('Password'), 'Something-else-2');
    await user.click(screen.getByRole('button', { name: 'Log in' }));
    await user.type(await screen.findByLabelText('Code'), '000000');
    await user.click(screen.getByRole('button', { name: 'Log in' }));
    expect((await screen.findByRole('alert')).textContent).toContain('is wrong');
    await user.type(screen.getByLabelText('Password'), 'Something-else-2');
    await user.click(screen.getByRole('button', { name: 'Log in' }));
    await user.type(await screen.findByLabelText('Code'), '123456');
    await user.click(screen.getByRole('button', { name: 'Log in' }));
    await screen.findByRole('heading', { name: 'Fleet' });
    expect(router.state.location.href).toBe('/fleet');
  });

  it('must be set up where it is demanded', async () => {
    const { user } = await renderApp('/events', { mustEnrol: true });
    await screen.findByRole('heading', { name: 'Second factor' });
    await user.type(await screen.findByLabelText('Current password'), 'One-time-1');
    await user.click(screen.getByRole('button', { name: 'Set up' }));
    expect((await screen.findByLabelText('Secret')).textContent).toContain('GEZDGNBVGY3TQOJQ');
    await user.type(screen.getByLabelText('Code'), '000000');
    await user.click(screen.getByRole('button', { name: 'Confirm with the first code' }));
    await screen.findByText('Not the code of this moment.');
    await user.clear(screen.getByLabelText('Code'));
    await user.type(screen.getByLabelText('Code'), '123456');
    await user.click(screen.getByRole('button', { name: 'Confirm with the first code' }));
    await screen.findByText('ABCD-EFGH-IJKL-MNOP');
    await user.click(screen.getByRole('button', { name: 'I have kept them' }));
    await screen.findByRole('heading', { level: 1, name: 'Events' });
  });
});

describe('one-time links', () => {
  it('choose a password and leave nothing in the address', async () => {
    window.location.hash = '#tenant.secret';
    const { user, router, manager } = await renderApp('/reset', { rights: undefined as unknown as string[] });
    await user.type(await screen.findByLabelText('New password'), 'Brave-New-Kettle-9');
    await user.type(screen.getByLabelText('New password again'), 'Brave-New-Kettle-9');
    expect(window.location.hash).toBe('');
    await user.click(screen.getByRole('button', { name: 'Choose a password' }));
    await screen.findByRole('heading', { name: 'Log in' });
    expect(manager.state.password).toBe('Brave-New-Kettle-9');
    expect(router.state.location.href).not.toContain('secret');
  });
});

describe('every page', () => {
  it.each(pages)('%s shows its heading', async (path, title) => {
    await renderApp(path);
    await screen.findByRole('heading', { level: 1, name: title });
  });

  it.each(pages)('%s says so when the role does not allow it', async (path, _title, right) => {
    const { allRights } = makeMockManager();
    await renderApp(path, { rights: allRights.filter((each) => each !== right) });
    expect((await screen.findAllByText('You may not see this')).length).toBeGreaterThan(0);
  });

  it.each(pages)('%s says so when the manager refuses', async (path, _title, _right, url) => {
    await renderApp(path);
    server.use(http.get(url, () => HttpResponse.json({ title: 'It broke', detail: 'Try later', status: 400, type: 'about:blank', code: 'x' }, { status: 400 })));
    expect((await screen.findAllByText(/It broke|Try later/)).length).toBeGreaterThan(0);
  });

  it.each(pages.filter(([path]) => path !== '/events' && path !== '/dashboard' && path !== '/attack'))('%s says so when there is nothing', async (path, _title, _right, url) => {
    await renderApp(path);
    server.use(http.get(url, () => HttpResponse.json({ items: [], next_cursor: null })));
    expect((await screen.findAllByText(/^No |^Nothing/)).length).toBeGreaterThan(0);
  });
});

it('speaks Japanese', async () => {
  await renderApp('/fleet', { locale: 'ja' });
  await screen.findByRole('heading', { name: 'サーバー' });
  expect((await screen.findAllByText('変更監視: 有効')).length).toBe(2);
  expect(document.documentElement.lang).toBe('ja');
});

it('offers an action with the reason why it cannot be used', async () => {
  const { user } = await renderApp('/fleet', { rights: ['agents:read', 'policies:read'] });
  await user.click(await screen.findByRole('button', { name: 'Actions for web-1' }));
  const item = await screen.findByRole('menuitem', { name: /Run the self-test/, hidden: true });
  expect(item.textContent).toContain('Your role does not allow this');
  expect(item.hasAttribute('disabled') || item.getAttribute('data-disabled') !== null).toBe(true);
});

it('puts the search of events into the address', async () => {
  const { user, router } = await renderApp('/events');
  const box = await screen.findByLabelText('Filter of events');
  await user.type(box, 'severity >= high{Enter}');
  await waitFor(() => expect(router.state.location.search).toEqual({ filter: 'severity >= high' }));
  await user.click(screen.getByRole('button', { name: 'Remove severity >= high' }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});

it('filters by a facet', async () => {
  const { user, router } = await renderApp('/events');
  const facets = await screen.findByRole('region', { name: 'Most frequent values' });
  await user.click(await within(facets).findByRole('button', { name: 'Without Critical' }));
  await waitFor(() => expect(router.state.location.search).toEqual({ filter: 'not severity = "critical"' }));
});
