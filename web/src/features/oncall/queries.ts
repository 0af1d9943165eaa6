import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

export const channelsQuery = pagedQuery(['notice-channels'], (cursor) => bodyOf(api.GET('/notice-channels', { params: { query: withCursor(cursor, 100) } })));

/** Turns change by the clock, so it is asked again. */
export const rotasQuery = infiniteQueryOptions({
  ...pagedQuery(['rotas'], (cursor) => bodyOf(api.GET('/rotas', { params: { query: withCursor(cursor, 100) } }))),
  refetchInterval: 60_000,
});

export const routesQuery = pagedQuery(['alert-routes'], (cursor) => bodyOf(api.GET('/alert-routes', { params: { query: withCursor(cursor, 100) } })));
export const heartbeatsQuery = pagedQuery(['alert-heartbeats'], (cursor) => bodyOf(api.GET('/alert-heartbeats', { params: { query: withCursor(cursor, 100) } })));
export const rulesQuery = pagedQuery(['alert-rules'], (cursor) => bodyOf(api.GET('/alert-rules', { params: { query: withCursor(cursor, 1000) } })));

/** The newest sign of life of a heartbeat: waiting, sent or failed. */
export const lastSignQuery = (id: string) =>
  queryOptions({
    queryKey: ['alert-heartbeats', 'sign', id],
    queryFn: async () => (await bodyOf(api.GET('/notices', { params: { query: { about: `heartbeat:${id}`, limit: 1 } } }))).items[0] ?? null,
    refetchInterval: 15_000,
  });
