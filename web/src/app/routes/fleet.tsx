// Fleet: hosts, and what is on them. A line a page.
import { createRoute } from '@tanstack/react-router';
import { inApp, page } from '@/app/routes/base';
import { agentSearch, softwareSearch } from '@/features/fleet/hostSearch';
import { fleetSearch } from '@/features/fleet/search';

export const fleet = [
  createRoute({ ...inApp, path: '/fleet', validateSearch: fleetSearch, component: page(() => import('@/features/fleet/FleetPage'), 'FleetPage') }),
  createRoute({ ...inApp, path: '/fleet/groups', component: page(() => import('@/features/fleet/GroupsPage'), 'GroupsPage') }),
  createRoute({ ...inApp, path: '/fleet/enrolment', component: page(() => import('@/features/fleet/EnrolmentPage'), 'EnrolmentPage') }),
  createRoute({ ...inApp, path: '/fleet/software', validateSearch: softwareSearch, component: page(() => import('@/features/fleet/SoftwarePage'), 'SoftwarePage') }),
  createRoute({ ...inApp, path: '/fleet/$agentId', validateSearch: agentSearch, component: page(() => import('@/features/fleet/AgentPage'), 'AgentPage') }),
] as const;
