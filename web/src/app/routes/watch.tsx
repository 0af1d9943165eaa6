// Watch: what happens, and what is done about it. A line a page.
import { createRoute, redirect } from '@tanstack/react-router';
import { inApp, page } from '@/app/routes/base';
import { eventsSearch } from '@/features/events/search';

const toEvents = () => {
  throw redirect({ to: '/events' });
};

export const watch = [
  createRoute({ ...inApp, path: '/', beforeLoad: toEvents }),
  createRoute({ ...inApp, path: '/events', validateSearch: eventsSearch, component: page(() => import('@/features/events/EventsPage'), 'EventsPage') }),
] as const;
