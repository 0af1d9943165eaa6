// How a promise and a piece of evidence stand. What is not known is never shown as good.
import type { Commitment, Duty, Evidence } from '@/api/types';
import { promiseStates } from '@/features/trust/promiseStates';
import { dutyStates, evidenceStates } from '@/features/trust/search';
import { stateColor } from '@/ui/theme';

export type PromiseState = Commitment['state'];
export const promiseColor: Record<PromiseState, string> = {
  fail: stateColor.bad,
  unknown: stateColor.warn,
  stale: stateColor.warn,
  'not-measured': stateColor.idle,
  'not-claimed': stateColor.idle,
  pass: stateColor.good,
  statement: stateColor.idle,
};

/** What wants somebody comes first; within a state the order stays. */
export const byUrgency = (items: readonly Commitment[]): Commitment[] => items.toSorted((a, b) => promiseStates.indexOf(a.state) - promiseStates.indexOf(b.state));

export type EvidenceState = (typeof evidenceStates)[number];
export const evidenceColor: Record<EvidenceState, string> = { expired: stateColor.bad, future: stateColor.warn, unreviewed: stateColor.warn, expiring: stateColor.warn, holds: stateColor.good };
const soonMs = 30 * 86_400_000;

/** As the manager reckons it: only what somebody else has reviewed and what is within its time counts. */
export function evidenceState({ issued, expires, reviewed }: Pick<Evidence, 'issued' | 'expires' | 'reviewed'>, now: number): EvidenceState {
  if (Date.parse(expires) <= now) return 'expired';
  if (Date.parse(issued) > now) return 'future';
  if (!reviewed) return 'unreviewed';
  return Date.parse(expires) - now < soonMs ? 'expiring' : 'holds';
}

export const byNeed = (items: readonly Evidence[], now: number): Evidence[] =>
  items.toSorted((a, b) => evidenceStates.indexOf(evidenceState(a, now)) - evidenceStates.indexOf(evidenceState(b, now)) || Date.parse(a.expires) - Date.parse(b.expires));

export const dutyColor: Record<Duty['state'], string> = { overdue: stateColor.bad, unassigned: stateColor.warn, due: stateColor.warn, held: stateColor.good };

/** What wants somebody comes first, then what is due first. */
export const byDutyNeed = (items: readonly Duty[]): Duty[] => items.toSorted((a, b) => dutyStates.indexOf(a.state) - dutyStates.indexOf(b.state) || (a.due ?? '').localeCompare(b.due ?? ''));
