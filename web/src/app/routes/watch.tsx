// Watch: what happens, and what is done about it. A line a page.
import { createRoute, redirect } from '@tanstack/react-router';
import { inApp, page } from '@/app/routes/base';
import { alertsSearch } from '@/features/alerts/search';
import { dashboardSearch } from '@/features/dashboard/search';
import { eventsSearch } from '@/features/events/search';
import { incidentSearch, queueSearch } from '@/features/incidents/search';
import { deliveriesSearch } from '@/features/reports/search';
import { reviewSearch } from '@/features/review/search';

const toDashboard = () => {
  throw redirect({ to: '/dashboard' });
};

/** Where mails about an alert point. */
const toAlert = ({ params }: { params: { alertId: string } }) => {
  throw redirect({ to: '/alerts', search: { state: 'any', alert: params.alertId } });
};

export const watch = [
  createRoute({ ...inApp, path: '/', beforeLoad: toDashboard }),
  createRoute({ ...inApp, path: '/dashboard', validateSearch: dashboardSearch, component: page(() => import('@/features/dashboard/DashboardPage'), 'DashboardPage') }),
  createRoute({ ...inApp, path: '/events', validateSearch: eventsSearch, component: page(() => import('@/features/events/EventsPage'), 'EventsPage') }),
  createRoute({ ...inApp, path: '/incidents', validateSearch: queueSearch, component: page(() => import('@/features/incidents/IncidentsPage'), 'IncidentsPage') }),
  createRoute({ ...inApp, path: '/incidents/times', component: page(() => import('@/features/incidents/TimesPage'), 'TimesPage') }),
  createRoute({ ...inApp, path: '/incidents/settings', component: page(() => import('@/features/incidents/SettingsPage'), 'SettingsPage') }),
  createRoute({ ...inApp, path: '/incidents/$incidentId', validateSearch: incidentSearch, component: page(() => import('@/features/incidents/IncidentPage'), 'IncidentPage') }),
  createRoute({ ...inApp, path: '/review', component: page(() => import('@/features/review/ReviewPage'), 'ReviewPage') }),
  createRoute({ ...inApp, path: '/review/$day', validateSearch: reviewSearch, component: page(() => import('@/features/review/ReviewDayPage'), 'ReviewDayPage') }),
  createRoute({ ...inApp, path: '/reports', component: page(() => import('@/features/reports/ReportsPage'), 'ReportsPage') }),
  createRoute({ ...inApp, path: '/reports/deliveries', validateSearch: deliveriesSearch, component: page(() => import('@/features/reports/DeliveriesPage'), 'DeliveriesPage') }),
  createRoute({ ...inApp, path: '/alerts', validateSearch: alertsSearch, component: page(() => import('@/features/alerts/AlertsPage'), 'AlertsPage') }),
  createRoute({ ...inApp, path: '/alerts/rules', component: page(() => import('@/features/alerts/RulesPage'), 'RulesPage') }),
  createRoute({ ...inApp, path: '/alerts/silences', component: page(() => import('@/features/alerts/SilencesPage'), 'SilencesPage') }),
  createRoute({ ...inApp, path: '/alerts/routes', component: page(() => import('@/features/oncall/RoutesPage'), 'RoutesPage') }),
  createRoute({ ...inApp, path: '/alerts/on-call', component: page(() => import('@/features/oncall/RotasPage'), 'RotasPage') }),
  createRoute({ ...inApp, path: '/alerts/channels', component: page(() => import('@/features/oncall/ChannelsPage'), 'ChannelsPage') }),
  createRoute({ ...inApp, path: '/alerts/heartbeats', component: page(() => import('@/features/oncall/HeartbeatsPage'), 'HeartbeatsPage') }),
  createRoute({ ...inApp, path: '/alerts/$alertId', beforeLoad: toAlert }),
] as const;
