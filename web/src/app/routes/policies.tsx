// Policies: what hosts are told to do. A line a page.
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod/mini';
import { inApp, page } from '@/app/routes/base';
import { attackSearch } from '@/features/attack/search';
import { firewallSearch } from '@/features/firewall/search';
import { quarantineSearch } from '@/features/quarantine/search';
import { rulesSearch, testSearch } from '@/features/rules/search';
import { lenient } from '@/lib/lenient';

const policySearch = z.object({ tab: lenient(z.enum(['settings', 'versions', 'rollouts'])) });

export const policies = [
  createRoute({ ...inApp, path: '/rules', validateSearch: rulesSearch, component: page(() => import('@/features/rules/RulesPage'), 'RulesPage') }),
  createRoute({ ...inApp, path: '/rules/test', validateSearch: testSearch, component: page(() => import('@/features/rules/TestPage'), 'TestPage') }),
  createRoute({ ...inApp, path: '/rules/$module/$rule', component: page(() => import('@/features/rules/RulePage'), 'RulePage') }),
  createRoute({ ...inApp, path: '/attack', validateSearch: attackSearch, component: page(() => import('@/features/attack/AttackPage'), 'AttackPage') }),
  createRoute({ ...inApp, path: '/firewall', validateSearch: firewallSearch, component: page(() => import('@/features/firewall/FirewallPage'), 'FirewallPage') }),
  createRoute({ ...inApp, path: '/quarantine', validateSearch: quarantineSearch, component: page(() => import('@/features/quarantine/QuarantinePage'), 'QuarantinePage') }),
  createRoute({ ...inApp, path: '/policies', component: page(() => import('@/features/policies/PoliciesPage'), 'PoliciesPage') }),
  createRoute({ ...inApp, path: '/policies/$policyId', validateSearch: policySearch, component: page(() => import('@/features/policies/PolicyPage'), 'PolicyPage') }),
] as const;
