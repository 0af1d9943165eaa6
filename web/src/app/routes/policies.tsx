// Policies: what hosts are told to do. A line a page.
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod/mini';
import { inApp, page } from '@/app/routes/base';
import { firewallSearch } from '@/features/firewall/search';
import { quarantineSearch } from '@/features/quarantine/search';
import { lenient } from '@/lib/lenient';

const policySearch = z.object({ tab: lenient(z.enum(['settings', 'versions', 'rollouts'])) });

export const policies = [
  createRoute({ ...inApp, path: '/firewall', validateSearch: firewallSearch, component: page(() => import('@/features/firewall/FirewallPage'), 'FirewallPage') }),
  createRoute({ ...inApp, path: '/quarantine', validateSearch: quarantineSearch, component: page(() => import('@/features/quarantine/QuarantinePage'), 'QuarantinePage') }),
  createRoute({ ...inApp, path: '/policies', component: page(() => import('@/features/policies/PoliciesPage'), 'PoliciesPage') }),
  createRoute({ ...inApp, path: '/policies/$policyId', validateSearch: policySearch, component: page(() => import('@/features/policies/PolicyPage'), 'PolicyPage') }),
] as const;
