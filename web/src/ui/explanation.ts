// Which events are changes that a person can call expected, and for how long.
import type { ParseKeys } from 'i18next';
import type { Event } from '@/api/types';

const isChange = (event: Event) => /^integrity\.(file|entity)\./.test(event.type);

/** Why these events cannot be explained, or undefined. */
export function refusalToExplain(events: Event[]): ParseKeys | undefined {
  if (!events.every(isChange)) return 'explain.onlyChanges';
  if (events.some((event) => 'change.explained_by' in event.fields)) return 'explain.already';
  return undefined;
}

/** A policy allows a file by its path, content, mode and owner. */
export const canAllow = (event: Event) =>
  event.type !== 'integrity.file.deleted' &&
  typeof event.fields['file.hash.sha256'] === 'string' &&
  typeof event.fields['file.path'] === 'string' &&
  !event.fields['file.path'].includes('\\');

export const validities = ['day', 'week', 'month', 'always'] as const;
export type Validity = (typeof validities)[number];

const days: Record<Exclude<Validity, 'always'>, number> = { day: 1, week: 7, month: 30 };

export function untilOf(validity: Validity, now: Date): string | undefined {
  if (validity === 'always') return undefined;
  return new Date(now.getTime() + days[validity] * 86_400_000).toISOString();
}
