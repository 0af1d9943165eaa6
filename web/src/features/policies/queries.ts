import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import { sectionsOf } from '@/lib/schema';

export const schemaQuery = queryOptions({
  queryKey: ['policy-schema'],
  queryFn: async () => sectionsOf(await bodyOf(api.GET('/policy-schema'))),
  staleTime: Number.POSITIVE_INFINITY,
});

export const policyQuery = (id: string) =>
  queryOptions({
    queryKey: ['policies', id],
    queryFn: () => bodyOf(api.GET('/policies/{id}', { params: { path: { id } } })),
  });

export const effectiveQuery = (id: string) =>
  queryOptions({
    queryKey: ['policies', id, 'effective'],
    queryFn: () => bodyOf(api.GET('/policies/{id}/effective', { params: { path: { id } } })),
  });

export const versionsQuery = (id: string) =>
  pagedQuery(['policies', id, 'versions'], (cursor) =>
    bodyOf(api.GET('/policies/{id}/versions', { params: { path: { id }, query: withCursor(cursor, 50) } })),
  );

export const rolloutsQuery = (id: string) => ({
  ...pagedQuery(['policies', id, 'rollouts'], (cursor) =>
    bodyOf(api.GET('/policies/{id}/rollouts', { params: { path: { id }, query: withCursor(cursor, 20) } })),
  ),
  refetchInterval: 5000,
});

export const rolloutHostsQuery = (id: string) => ({
  ...pagedQuery(['policies', 'rollout-hosts', id], (cursor) =>
    bodyOf(api.GET('/rollouts/{id}/hosts', { params: { path: { id }, query: withCursor(cursor, 100) } })),
  ),
  refetchInterval: 5000,
});

export const goldenHostQuery = (id: string) =>
  queryOptions({
    queryKey: ['policies', id, 'golden-host'],
    queryFn: () => bodyOf(api.GET('/policies/{id}/golden-host', { params: { path: { id } } })),
  });

/** The first hosts with this in their names, to choose from. */
export const hostsQuery = (hostname: string) =>
  queryOptions({
    queryKey: ['agents', 'choice', hostname],
    queryFn: async () => (await bodyOf(api.GET('/agents', { params: { query: { limit: 100, ...(hostname ? { hostname } : {}) } } }))).items,
  });
