import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

/** Hosts to choose from, by name. */
export const hostsQuery = pagedQuery(['agents', 'hosts'], (cursor) => bodyOf(api.GET('/agents', { params: { query: withCursor(cursor, 1000) } })));

/** How many hosts match a filter now. */
export const matchingHostsQuery = (filter: string) =>
  queryOptions({
    queryKey: ['agents', 'summary', 'filter', filter],
    queryFn: () => bodyOf(api.GET('/agents/summary', { params: { query: { filter } } })),
  });
