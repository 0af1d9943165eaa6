// What the pages of incidents ask of the manager. Everything of one incident is below ['incidents', id].
import { queryOptions, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { Incident } from '@/api/types';
import type { QueueSearch } from '@/features/incidents/search';

export const incidentsQuery = ({ state, severity }: QueueSearch) =>
  pagedQuery(['incidents', 'queue', state, severity], (cursor) =>
    bodyOf(api.GET('/incidents', { params: { query: { ...withCursor(cursor, 100), ...(state ? { state } : {}), ...(severity ? { severity } : {}) } } })),
  );
export const timesQuery = queryOptions({ queryKey: ['incidents', 'times'], queryFn: () => bodyOf(api.GET('/incident-statistics', { params: { query: { days: 365 } } })) });
export const settingsQuery = queryOptions({ queryKey: ['incidents', 'settings'], queryFn: () => bodyOf(api.GET('/incident-settings')) });

const at = (id: string) => ({ path: { id } });
export const incidentQuery = (id: string) =>
  queryOptions({ queryKey: ['incidents', id], queryFn: () => bodyOf(api.GET('/incidents/{id}', { params: at(id) })), refetchInterval: 15_000 });

type List = 'timeline' | 'tasks' | 'links' | 'isolations' | 'evidence' | 'custody' | 'notices';
const listKey = (id: string, list: List) => ['incidents', id, list] as const;
export const timelineQuery = (id: string) => pagedQuery(listKey(id, 'timeline'), (cursor) => bodyOf(api.GET('/incidents/{id}/timeline', { params: { ...at(id), query: withCursor(cursor, 1000) } })));
export const tasksQuery = (id: string) => pagedQuery(listKey(id, 'tasks'), (cursor) => bodyOf(api.GET('/incidents/{id}/tasks', { params: { ...at(id), query: withCursor(cursor, 1000) } })));
export const linksQuery = (id: string) => pagedQuery(listKey(id, 'links'), (cursor) => bodyOf(api.GET('/incidents/{id}/links', { params: { ...at(id), query: withCursor(cursor, 100) } })));
export const isolationsQuery = (id: string) => pagedQuery(listKey(id, 'isolations'), (cursor) => bodyOf(api.GET('/incidents/{id}/isolations', { params: { ...at(id), query: withCursor(cursor, 100) } })));
export const evidenceQuery = (id: string) => pagedQuery(listKey(id, 'evidence'), (cursor) => bodyOf(api.GET('/incidents/{id}/evidence', { params: { ...at(id), query: withCursor(cursor, 200) } })));
export const custodyQuery = (id: string) => pagedQuery(listKey(id, 'custody'), (cursor) => bodyOf(api.GET('/incidents/{id}/custody', { params: { ...at(id), query: withCursor(cursor, 200) } })));
export const noticesQuery = (id: string) => pagedQuery(listKey(id, 'notices'), (cursor) => bodyOf(api.GET('/incidents/{id}/notices', { params: { ...at(id), query: withCursor(cursor, 100) } })));

/** After a step: the incident, its lists and the queue are read again. */
export function useReload(id: string): () => Promise<unknown> {
  const client = useQueryClient();
  return useCallback(
    () => Promise.all([client.invalidateQueries({ queryKey: ['incidents', id] }), client.invalidateQueries({ queryKey: ['incidents', 'queue'] }), client.invalidateQueries({ queryKey: ['incidents', 'times'] })]),
    [client, id],
  );
}

/** What a step on an incident gives to those who show it. */
export interface OfIncident {
  incident: Incident;
}

export const channelsQuery = pagedQuery(['notice-channels'], (cursor) => bodyOf(api.GET('/notice-channels', { params: { query: withCursor(cursor, 100) } })));
export const rotasQuery = pagedQuery(['rotas'], (cursor) => bodyOf(api.GET('/rotas', { params: { query: withCursor(cursor, 100) } })));

/** The hosts that somebody can choose from; more than these are named by their id. */
export const hostsQuery = queryOptions({ queryKey: ['agents', 'names'], queryFn: async () => (await bodyOf(api.GET('/agents', { params: { query: { limit: 1000 } } }))).items.map(({ id, hostname }) => ({ value: id, label: hostname })) });
