import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { FleetSearch } from '@/features/fleet/search';

const refetchMs = 10_000;

export const summaryQuery = queryOptions({
  queryKey: ['agents', 'summary'],
  queryFn: () => bodyOf(api.GET('/agents/summary')),
  refetchInterval: refetchMs,
});

/** The page of the matching agents that begins at the cursor. */
export const agentsPage = ({ state, group, smart, host, protection, filter }: FleetSearch, limit: number) => (cursor: string | undefined) =>
  bodyOf(
    api.GET('/agents', {
      params: {
        query: {
          ...withCursor(cursor, limit),
          ...(state ? { state } : {}),
          ...(group ? { group_id: group } : {}),
          ...(smart ? { smart_group_id: smart } : {}),
          ...(filter ? { filter } : {}),
          ...(protection ? { protection } : {}),
          ...(host ? { hostname: host } : {}),
        },
      },
    }),
  );

export const agentsQuery = (search: FleetSearch) => ({
  ...pagedQuery(['agents', 'list', search], agentsPage(search, 100)),
  refetchInterval: refetchMs,
});

export const agentQuery = (id: string) =>
  queryOptions({
    queryKey: ['agents', 'one', id],
    queryFn: () => bodyOf(api.GET('/agents/{id}', { params: { path: { id } } })),
    refetchInterval: 5000,
  });

export const agentPolicyQuery = (id: string) =>
  queryOptions({
    queryKey: ['agents', 'policy', id],
    queryFn: () => bodyOf(api.GET('/agents/{id}/policy', { params: { path: { id } } })),
  });

export const commandsQuery = (id: string) => ({
  ...pagedQuery(['agents', 'commands', id], (cursor) =>
    bodyOf(api.GET('/agents/{id}/commands', { params: { path: { id }, query: withCursor(cursor, 20) } })),
  ),
  refetchInterval: 5000,
});

export const enrolTokensQuery = pagedQuery(['enrol-tokens'], (cursor) =>
  bodyOf(api.GET('/enrol-tokens', { params: { query: withCursor(cursor, 100) } })),
);
