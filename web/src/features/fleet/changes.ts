// What has changed on a host since its baseline: the questions, and where an object's events are.
import { z } from 'zod/mini';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { HostChange } from '@/api/types';
import { addressOf } from '@/lib/address';
import { comparison } from '@/lib/filter';
import { lenient } from '@/lib/lenient';
import { rangeMs } from '@/lib/time';

export const changedKinds = ['file', 'user', 'group', 'port', 'process', 'service', 'software', 'kernel-module', 'cron', 'mount', 'container'] as const;
export const changeWords = ['created', 'updated', 'deleted', 'replaced'] as const;
export const approvals = ['yes', 'no'] as const;
export const changeRanges = ['24h', '7d', '30d'] as const;

/** What the list is narrowed by, in the address beside the words that all tabs search by. */
export const changeSearch = {
  object: lenient(z.enum(changedKinds)),
  change: lenient(z.enum(changeWords)),
  approved: lenient(z.enum(approvals)),
  since: lenient(z.enum(changeRanges)),
};

export interface ChangeFilter {
  q?: string | undefined;
  object?: (typeof changedKinds)[number] | undefined;
  change?: (typeof changeWords)[number] | undefined;
  approved?: (typeof approvals)[number] | undefined;
  since?: (typeof changeRanges)[number] | undefined;
}

/** Under 'events', for whoever explains events changes these. */
export const changesQuery = (id: string, { q, object, change, approved, since }: ChangeFilter) => {
  const from = since && new Date(Date.now() - rangeMs(since)).toISOString();
  const query = { ...(q ? { q } : {}), ...(object ? { kind: object } : {}), ...(change ? { change } : {}), ...(approved ? { approved: approved === 'yes' } : {}), ...(from ? { from } : {}) };
  return pagedQuery(['events', 'changes', id, q, object, change, approved, since], (cursor) =>
    bodyOf(api.GET('/agents/{id}/changes', { params: { path: { id }, query: { ...withCursor(cursor, 100), ...query } } })),
  );
};

const setNames: Record<HostChange['kind'], string> = {
  file: '',
  user: 'UserSet',
  group: 'GroupSet',
  port: 'PortSet',
  process: 'ProcessSet',
  service: 'ServiceSet',
  software: 'InstalledSoftwareSet',
  'kernel-module': 'KernelModuleSet',
  cron: 'CronSet',
  mount: 'MountSet',
  container: 'ContainerSet',
};

/** The page of the events that a change is made of. */
export function eventsAddress(agentId: string, { kind, key, first }: HostChange): string {
  const what = kind === 'file' ? `(${comparison('file.path', key)} or ${comparison('file.path.was', key)})` : `${comparison('entity.kind', setNames[kind])} and ${comparison('entity.key', key)}`;
  return addressOf('/events', { from: first, filter: `agent = ${agentId} and ${what}` });
}

/** The events of a change that nothing explains yet; at most 50. */
export async function openEvents(change: HostChange) {
  const ids = change.newest_events.filter((event) => event.explained_by === null).map((event) => event.id);
  const page = await bodyOf(api.GET('/events', { params: { query: { filter: `id in (${ids.join(', ')})`, from: change.first, limit: 100 } } }));
  return page.items;
}
