import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { Period } from '@/lib/time';

export interface Selection extends Period {
  filter: string;
}

const asQuery = ({ filter, from, to }: Selection) => ({
  ...(filter ? { filter } : {}),
  from,
  ...(to ? { to } : {}),
});

export const facetFields = ['severity', 'module', 'host.name', 'type', 'action', 'rule'] as const;

export type Order = 'time' | 'rank';

/** The page of the selected events that begins at the cursor. */
export const eventsPage = (selection: Selection, limit: number, order: Order = 'time') => (cursor: string | undefined) =>
  bodyOf(api.GET('/events', { params: { query: { ...asQuery(selection), order, ...withCursor(cursor, limit) } } }));

export const eventsQuery = (selection: Selection, locale: string, order: Order) => ({
  ...pagedQuery(['events', 'list', selection, locale, order], eventsPage(selection, 200, order)),
  placeholderData: keepPreviousData,
});

export const facetsQuery = (selection: Selection) =>
  queryOptions({
    queryKey: ['events', 'facets', selection],
    queryFn: () =>
      bodyOf(
        api.GET('/events/facets', {
          params: { query: { ...asQuery(selection), fields: facetFields.join(','), limit: 8 } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Repeats told once: the same kind of event on the same host, unless a view says by which fields. */
export const foldedBy = 'type,host.name';

export const foldedQuery = (selection: Selection, by: string, locale: string) =>
  queryOptions({
    queryKey: ['events', 'folded', selection, by, locale],
    queryFn: () =>
      bodyOf(
        api.GET('/events/groups', {
          params: { query: { ...asQuery(selection), by, order: 'last', limit: 200 } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const histogramQuery = (selection: Selection) =>
  queryOptions({
    queryKey: ['events', 'histogram', selection],
    queryFn: () =>
      bodyOf(api.GET('/events/histogram', { params: { query: { ...asQuery(selection), buckets: 80 } } })),
    placeholderData: keepPreviousData,
  });

export const eventQuery = (id: string, locale: string) =>
  queryOptions({
    queryKey: ['events', 'one', id, locale],
    queryFn: () => bodyOf(api.GET('/events/{id}', { params: { path: { id } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const eventFieldsQuery = queryOptions({
  queryKey: ['event-fields'],
  queryFn: () => bodyOf(api.GET('/event-fields')),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Where the matching events can be fetched as a file. */
export function exportUrl(base: string, selection: Selection, format: 'csv' | 'jsonl'): string {
  return `${base}/events/export?${new URLSearchParams({ ...asQuery(selection), format }).toString()}`;
}
