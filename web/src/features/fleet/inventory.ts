// The kinds of the inventory, in the order in which people look for them, and what of each is worth a column.
import { queryOptions } from '@tanstack/react-query';
import { z } from 'zod/mini';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import { changeSearch } from '@/features/fleet/changes';
import { lenient } from '@/lib/lenient';

export const inventoryKinds = ['packages', 'services', 'sockets', 'programs', 'users', 'groups', 'jobs', 'containers', 'mounts', 'kernel-modules'] as const;
export type InventoryKind = (typeof inventoryKinds)[number];

export const attributeColumns: Record<InventoryKind, readonly string[]> = {
  packages: ['manager', 'architecture', 'source', 'location'],
  services: ['start', 'state', 'user', 'command'],
  sockets: ['address', 'executable', 'user', 'service', 'container'],
  programs: ['user', 'container'],
  users: ['uid', 'shell', 'password', 'groups'],
  groups: ['gid', 'members'],
  jobs: ['schedule', 'user', 'command'],
  containers: ['image', 'runtime', 'state', 'privileged'],
  mounts: ['type', 'source', 'options'],
  'kernel-modules': ['taint', 'source_version'],
};

/** Tabs of a host's page beside the first. */
export const agentTabs = ['policy', 'changes', 'inventory'] as const;

const searchText = lenient(z.string().check(z.maxLength(200)));
export const agentSearch = z.object({ tab: lenient(z.enum(agentTabs)), kind: lenient(z.enum(inventoryKinds)), q: searchText, ...changeSearch });
export const softwareSearch = z.object({ kind: lenient(z.enum(inventoryKinds)), q: searchText, name: searchText, version: searchText });

export const inventoryQuery = (id: string) =>
  queryOptions({
    queryKey: ['inventory', 'agent', id],
    queryFn: () => bodyOf(api.GET('/agents/{id}/inventory', { params: { path: { id } } })),
    refetchInterval: 30_000,
  });

export const agentItemsQuery = (id: string, kind: InventoryKind, q: string | undefined) =>
  pagedQuery(['inventory', 'agent', id, kind, q], (cursor) =>
    bodyOf(api.GET('/agents/{id}/inventory/{kind}', { params: { path: { id, kind }, query: { ...withCursor(cursor, 100), ...(q ? { q } : {}) } } })),
  );

export const versionsQuery = (kind: InventoryKind, q: string | undefined) =>
  pagedQuery(['inventory', 'versions', kind, q], (cursor) =>
    bodyOf(api.GET('/inventory/{kind}/versions', { params: { path: { kind }, query: { ...withCursor(cursor, 100), ...(q ? { q } : {}) } } })),
  );

export const hostsQuery = (kind: InventoryKind, name: string, version: string | undefined) =>
  pagedQuery(['inventory', 'hosts', kind, name, version], (cursor) =>
    bodyOf(api.GET('/inventory/{kind}', { params: { path: { kind }, query: { ...withCursor(cursor, 100), name, ...(version ? { version } : {}) } } })),
  );

export const recommendationsQuery = (id: string) =>
  queryOptions({
    queryKey: ['inventory', 'recommendations', id],
    queryFn: () => bodyOf(api.GET('/agents/{id}/recommendations', { params: { path: { id } } })),
  });
