// Watch: what happens, and what is done about it. A line a page.
import { createRoute, redirect } from '@tanstack/react-router';
import { inApp, page } from '@/app/routes/base';
import { dashboardSearch } from '@/features/dashboard/search';
import { eventsSearch } from '@/features/events/search';
import { incidentSearch } from '@/features/incidents/search';
import { reviewSearch } from '@/features/review/search';

const toDashboard = () => {
  throw redirect({ to: '/dashboard' });
};

export const watch = [
  createRoute({ ...inApp, path: '/', beforeLoad: toDashboard }),
  createRoute({ ...inApp, path: '/dashboard', validateSearch: dashboardSearch, component: page(() => import('@/features/dashboard/DashboardPage'), 'DashboardPage') }),
  createRoute({ ...inApp, path: '/events', validateSearch: eventsSearch, component: page(() => import('@/features/events/EventsPage'), 'EventsPage') }),
  createRoute({ ...inApp, path: '/incidents', component: page(() => import('@/features/incidents/IncidentsPage'), 'IncidentsPage') }),
  createRoute({ ...inApp, path: '/incidents/times', component: page(() => import('@/features/incidents/TimesPage'), 'TimesPage') }),
  createRoute({ ...inApp, path: '/incidents/settings', component: page(() => import('@/features/incidents/SettingsPage'), 'SettingsPage') }),
  createRoute({ ...inApp, path: '/incidents/$incidentId', validateSearch: incidentSearch, component: page(() => import('@/features/incidents/IncidentPage'), 'IncidentPage') }),
  createRoute({ ...inApp, path: '/review', component: page(() => import('@/features/review/ReviewPage'), 'ReviewPage') }),
  createRoute({ ...inApp, path: '/review/$day', validateSearch: reviewSearch, component: page(() => import('@/features/review/ReviewDayPage'), 'ReviewDayPage') }),
] as const;
