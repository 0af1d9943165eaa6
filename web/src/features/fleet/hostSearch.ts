// What of a host's page and of the list of software is shown: it stands in the address.
import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

/** In the order in which people look for them. */
export const inventoryKinds = ['packages', 'services', 'sockets', 'programs', 'users', 'groups', 'jobs', 'containers', 'mounts', 'kernel-modules'] as const;
export type InventoryKind = (typeof inventoryKinds)[number];

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

/** Tabs of a host's page beside the first. */
export const agentTabs = ['policy', 'changes', 'inventory'] as const;

const searchText = lenient(z.string().check(z.maxLength(200)));
export const agentSearch = z.object({ tab: lenient(z.enum(agentTabs)), kind: lenient(z.enum(inventoryKinds)), q: searchText, ...changeSearch });
export const softwareSearch = z.object({ kind: lenient(z.enum(inventoryKinds)), q: searchText, name: searchText, version: searchText });
