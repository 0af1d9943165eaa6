import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { AlertsSearch } from '@/features/alerts/search';

const live = 10_000;

/** What the address asks for; it changes by itself, so it is asked again. */
export const alertsQuery = ({ state, severity, rule }: AlertsSearch, locale: string) =>
  infiniteQueryOptions({
    ...pagedQuery(['alerts', 'list', state, severity, rule, locale], (cursor) =>
      bodyOf(
        api.GET('/alerts', {
          params: { query: { ...withCursor(cursor, 100), ...(state === 'any' ? {} : { state: state ?? 'active' }), ...(severity ? { severity } : {}), ...(rule ? { rule } : {}) } },
        }),
      ),
    ),
    placeholderData: keepPreviousData,
    refetchInterval: live,
  });

export const alertQuery = (id: string, locale: string) =>
  queryOptions({ queryKey: ['alerts', 'one', id, locale], queryFn: () => bodyOf(api.GET('/alerts/{id}', { params: { path: { id } } })), refetchInterval: live });

export const commentsQuery = (id: string) =>
  queryOptions({ queryKey: ['alerts', 'comments', id], queryFn: async () => (await bodyOf(api.GET('/alerts/{id}/comments', { params: { path: { id }, query: { limit: 1000 } } }))).items, refetchInterval: live });

/** Who was told of it. */
export const noticesQuery = (id: string) =>
  queryOptions({ queryKey: ['alerts', 'notices', id], queryFn: async () => (await bodyOf(api.GET('/notices', { params: { query: { about: `alert:${id}`, limit: 100 } } }))).items, refetchInterval: live });

export const rulesQuery = pagedQuery(['alert-rules'], (cursor) => bodyOf(api.GET('/alert-rules', { params: { query: withCursor(cursor, 1000) } })));
export const silencesQuery = pagedQuery(['alert-silences'], (cursor) => bodyOf(api.GET('/alert-silences', { params: { query: withCursor(cursor, 100) } })));
