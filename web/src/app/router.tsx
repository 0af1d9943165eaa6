// The tree of all pages; each area has its own file in routes/.
import type { QueryClient } from '@tanstack/react-query';
import { createRoute, createRouter } from '@tanstack/react-router';
import { NotFound, PageFailure } from '@/app/failures';
import { administration } from '@/app/routes/administration';
import { app, inApp, root } from '@/app/routes/base';
import { fleet } from '@/app/routes/fleet';
import { policies } from '@/app/routes/policies';
import { session } from '@/app/routes/session';
import { watch } from '@/app/routes/watch';
import { Loading } from '@/ui/States';

const missing = createRoute({ ...inApp, path: '$', component: NotFound });
const tree = root.addChildren([...session, app.addChildren([...watch, ...fleet, ...policies, ...administration, missing])]);

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
