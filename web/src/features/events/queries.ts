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

/** The page of the selected events that begins at the cursor. */
export const eventsPage = (selection: Selection, limit: number) => (cursor: string | undefined) =>
  bodyOf(api.GET('/events', { params: { query: { ...asQuery(selection), ...withCursor(cursor, limit) } } }));

export const eventsQuery = (selection: Selection, locale: string) => ({
  ...pagedQuery(['events', 'list', selection, locale], eventsPage(selection, 200)),
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
