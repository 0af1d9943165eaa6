// How written policies stand, and those who must acknowledge them.
import type { PolicyReader, WrittenPolicy, WrittenPolicyVersion } from '@/api/types';
import { policyStates, readerStates } from '@/features/trust/policyStates';
import { stateColor } from '@/ui/theme';

export const policyColor: Record<WrittenPolicy['state'], string> = {
  overdue: stateColor.bad,
  due: stateColor.warn,
  draft: stateColor.idle,
  nobody: stateColor.warn,
  complete: stateColor.good,
};

/** Whether the newest version is not in force yet. */
export const isWaiting = ({ newest }: Pick<WrittenPolicy, 'newest'>): boolean => newest.reviewed === null;

function rankOf(policy: WrittenPolicy): number {
  if (policy.state === 'overdue') return -2;
  return isWaiting(policy) ? -1 : policyStates.indexOf(policy.state);
}

/** Overdue first, then what waits for its review, whatever its state. */
export const policiesByNeed = (policies: readonly WrittenPolicy[]): WrittenPolicy[] =>
  policies.toSorted((a, b) => rankOf(a) - rankOf(b) || a.newest.title.localeCompare(b.newest.title));

/** Those who are late first, then by name. */
export const readersByNeed = (readers: readonly PolicyReader[]): PolicyReader[] =>
  readers.toSorted((a, b) => readerStates.indexOf(a.state) - readerStates.indexOf(b.state) || a.username.localeCompare(b.username));

/** Whether somebody answers for a version or has filed it: others review it. */
export const isOwn = ({ owner, deputy, filed_by }: WrittenPolicyVersion, username: string | undefined): boolean => [owner, deputy, filed_by].some((each) => each === username);

export const isText = ({ media_type }: { media_type: string }): boolean => media_type.startsWith('text/plain');
