// What agents are assigned to, of one or of many at once.
import type { Agent } from '@/api/types';

/** They differ, and stay as they are. */
export const unchanged = undefined;

export interface Assignment {
  group: string | null | undefined;
  policy: string | null | undefined;
}

/** What all of them have; `unchanged` where they differ. */
export function sharedOf(agents: readonly Agent[]): Assignment {
  const shared = (of: (agent: Agent) => string | null) => {
    const values = new Set(agents.map(of));
    return values.size === 1 ? [...values][0] : unchanged;
  };
  return { group: shared((agent) => agent.group_id), policy: shared((agent) => agent.policy_id) };
}

/** The value that all of them have, null for that of their groups; `unchanged` where they differ. */
export function sharedValueOf(agents: readonly Agent[]): number | null | undefined {
  const values = new Set(agents.map((agent) => agent.asset_value ?? null));
  return values.size === 1 ? [...values][0] : unchanged;
}

/** What to tell the manager: only what was chosen anew. */
export function changeOf(before: Assignment, after: Assignment): { group_id?: string | null; policy_id?: string | null } {
  return {
    ...(after.group === before.group || after.group === unchanged ? {} : { group_id: after.group }),
    ...(after.policy === before.policy || after.policy === unchanged ? {} : { policy_id: after.policy }),
  };
}
