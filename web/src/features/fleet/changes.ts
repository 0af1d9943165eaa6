// What has changed on a host since its baseline: the questions, and where an object's events are.
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { HostChange } from '@/api/types';
import type { ChangeFilter } from '@/features/fleet/hostSearch';
import { addressOf } from '@/lib/address';
import { comparison } from '@/lib/filter';
import { rangeMs } from '@/lib/time';

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
