import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import type { DashboardTab } from '@/api/types';
import { periodOf } from '@/lib/time';

const refetchMs = 60_000;
export const topFields = ['severity', 'module', 'host.name', 'rule', 'type', 'action'] as const;

export const dashboardQuery = queryOptions({
  queryKey: ['dashboard'],
  queryFn: () => bodyOf(api.GET('/session/dashboard')),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The most frequent values among a tab's events: one question for all of its widgets. */
export const topQuery = ({ range, filter }: DashboardTab) =>
  queryOptions({
    queryKey: ['dashboard', 'top', range, filter],
    queryFn: () => {
      const { from } = periodOf({ range }, new Date());
      return bodyOf(api.GET('/events/facets', { params: { query: { ...(filter ? { filter } : {}), from, fields: topFields.join(','), limit: 8 } } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: refetchMs,
  });

export const hostsQuery = ({ group_id: group, smart_group_id: smart }: DashboardTab) =>
  queryOptions({
    queryKey: ['agents', 'summary', group, smart],
    queryFn: () => bodyOf(api.GET('/agents/summary', { params: { query: { ...(group ? { group_id: group } : {}), ...(smart ? { smart_group_id: smart } : {}) } } })),
    refetchInterval: refetchMs,
  });

/** As many of the active alerts as one answer has; more are said to be more. */
export const alertsQuery = queryOptions({
  queryKey: ['dashboard', 'alerts'],
  queryFn: () => bodyOf(api.GET('/alerts', { params: { query: { state: 'active', limit: 1000 } } })),
  refetchInterval: refetchMs,
});

export const sinksQuery = queryOptions({
  queryKey: ['dashboard', 'destinations'],
  queryFn: () => bodyOf(api.GET('/destinations', { params: { query: { limit: 100 } } })),
  refetchInterval: refetchMs,
});

export const packsQuery = queryOptions({
  queryKey: ['dashboard', 'content'],
  queryFn: () => bodyOf(api.GET('/content', { params: { query: { limit: 1000 } } })),
  refetchInterval: refetchMs,
});
