// Every page and its address. Pages are loaded when they are first opened.
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { z } from 'zod/mini';
import { sessionQuery } from '@/api/queries';
import { NotFound, PageFailure } from '@/app/failures';
import { eventsSearch } from '@/features/events/search';
import { agentSearch, softwareSearch } from '@/features/fleet/inventory';
import { fleetSearch } from '@/features/fleet/search';
import { lenient } from '@/lib/lenient';
import { Loading } from '@/ui/States';

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFound });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: z.object({
    next: lenient(z.string().check(z.maxLength(8192))),
    sso: lenient(z.enum(['continue', 'failed', 'cancelled', 'unavailable'])),
    tenant: lenient(z.string().check(z.regex(/^[a-z0-9-]{1,63}$/))),
  }),
  component: lazyRouteComponent(() => import('@/features/session/LoginPage'), 'LoginPage'),
});

const ofUser = async ({ context }: { context: Context }) => {
  if (!(await context.client.ensureQueryData(sessionQuery))) throw redirect({ to: '/login' });
};
const passwordPage = lazyRouteComponent(() => import('@/features/session/PasswordPage'), 'PasswordPage');
const password = createRoute({ getParentRoute: () => root, path: '/password', beforeLoad: ofUser, component: passwordPage });
const factorPage = lazyRouteComponent(() => import('@/features/session/SecondFactorPage'), 'SecondFactorPage');
const factor = createRoute({ getParentRoute: () => root, path: '/second-factor', beforeLoad: ofUser, component: factorPage });
const resetPage = lazyRouteComponent(() => import('@/features/session/ResetPage'), 'ResetPage');
const reset = createRoute({ getParentRoute: () => root, path: '/reset', component: resetPage });

/** Everything that wants a user. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/login', search: { next: location.href } });
    if (session.must_change_password) throw redirect({ to: '/password' });
    if (session.must_enrol) throw redirect({ to: '/second-factor' });
  },
  component: lazyRouteComponent(() => import('@/app/Shell'), 'Shell'),
  errorComponent: PageFailure,
});

const index = createRoute({
  getParentRoute: () => app,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/events' });
  },
});

const events = createRoute({
  getParentRoute: () => app,
  path: '/events',
  validateSearch: eventsSearch,
  component: lazyRouteComponent(() => import('@/features/events/EventsPage'), 'EventsPage'),
});
const fleet = createRoute({
  getParentRoute: () => app,
  path: '/fleet',
  validateSearch: fleetSearch,
  component: lazyRouteComponent(() => import('@/features/fleet/FleetPage'), 'FleetPage'),
});
const groups = createRoute({
  getParentRoute: () => app,
  path: '/fleet/groups',
  component: lazyRouteComponent(() => import('@/features/fleet/GroupsPage'), 'GroupsPage'),
});
const enrolment = createRoute({
  getParentRoute: () => app,
  path: '/fleet/enrolment',
  component: lazyRouteComponent(() => import('@/features/fleet/EnrolmentPage'), 'EnrolmentPage'),
});
const software = createRoute({
  getParentRoute: () => app,
  path: '/fleet/software',
  validateSearch: softwareSearch,
  component: lazyRouteComponent(() => import('@/features/fleet/SoftwarePage'), 'SoftwarePage'),
});
const agent = createRoute({
  getParentRoute: () => app,
  path: '/fleet/$agentId',
  validateSearch: agentSearch,
  component: lazyRouteComponent(() => import('@/features/fleet/AgentPage'), 'AgentPage'),
});
const policies = createRoute({
  getParentRoute: () => app,
  path: '/policies',
  component: lazyRouteComponent(() => import('@/features/policies/PoliciesPage'), 'PoliciesPage'),
});
const policy = createRoute({
  getParentRoute: () => app,
  path: '/policies/$policyId',
  validateSearch: z.object({ tab: lenient(z.enum(['settings', 'versions'])) }),
  component: lazyRouteComponent(() => import('@/features/policies/PolicyPage'), 'PolicyPage'),
});
const approvalsPage = lazyRouteComponent(() => import('@/features/approvals/ApprovalsPage'), 'ApprovalsPage');
const approvals = createRoute({ getParentRoute: () => app, path: '/approvals', component: approvalsPage });
const usersPage = lazyRouteComponent(() => import('@/features/users/UsersPage'), 'UsersPage');
const users = createRoute({ getParentRoute: () => app, path: '/users', component: usersPage });
const apiKeys = createRoute({ getParentRoute: () => app, path: '/users/keys', component: lazyRouteComponent(() => import('@/features/users/ApiKeysPage'), 'ApiKeysPage') });
const destinations = createRoute({ getParentRoute: () => app, path: '/destinations', component: lazyRouteComponent(() => import('@/features/destinations/DestinationsPage'), 'DestinationsPage') });
const audit = createRoute({
  getParentRoute: () => app,
  path: '/audit',
  validateSearch: z.object({ action: lenient(z.string().check(z.maxLength(100))) }),
  component: lazyRouteComponent(() => import('@/features/audit/AuditPage'), 'AuditPage'),
});

const missing = createRoute({ getParentRoute: () => app, path: '$', component: NotFound });

const pages = [index, events, fleet, groups, software, enrolment, agent, policies, policy, approvals, users, apiKeys, destinations, audit, missing];
const tree = root.addChildren([login, password, reset, factor, app.addChildren(pages)]);

/** Plain text in both directions: an address is to be read and written by people too. */
const parseSearch = (search: string) => Object.fromEntries(new URLSearchParams(search));
const stringifySearch = (search: Record<string, unknown>) => {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text ? `?${text}` : '';
};

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPendingComponent: Loading,
    defaultErrorComponent: PageFailure,
    defaultNotFoundComponent: NotFound,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
