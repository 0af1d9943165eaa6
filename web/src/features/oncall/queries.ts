import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

export const channelsQuery = pagedQuery(['notice-channels'], (cursor) => bodyOf(api.GET('/notice-channels', { params: { query: withCursor(cursor, 100) } })));

/** Turns change by the clock, so it is asked again. */
export const rotasQuery = infiniteQueryOptions({
  ...pagedQuery(['rotas'], (cursor) => bodyOf(api.GET('/rotas', { params: { query: withCursor(cursor, 100) } }))),
  refetchInterval: 60_000,
});
