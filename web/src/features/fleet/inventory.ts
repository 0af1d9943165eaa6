// The inventory: what of each kind is worth a column, and its questions.
import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { InventoryKind } from '@/features/fleet/hostSearch';

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
