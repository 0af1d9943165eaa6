// What the routes of all areas stand under: the root, and the frame of everything that wants a user.
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { sessionQuery } from '@/api/queries';
import { NotFound, PageFailure } from '@/app/failures';

export interface Context {
  client: QueryClient;
}

export const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFound });

/** Sends to the login whoever is not logged in, and to what must be done first whoever has that before them. */
export const app = createRoute({
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

/** Spread into the route of a page: `createRoute({ ...inApp, path, component })`. */
export const inApp = { getParentRoute: () => app };

/** A page that is loaded when it is first opened. */
export const page = lazyRouteComponent;
