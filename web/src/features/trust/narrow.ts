// Which records or duties are shown.
import type { spans, TrustSearch } from '@/features/trust/search';

const dayMs = 86_400_000;
const spanMs: Record<(typeof spans)[number], number> = { week: 7 * dayMs, month: 30 * dayMs, quarter: 90 * dayMs };

/** What a record or a duty is narrowed by. */
export interface Narrowed {
  state: string;
  owner: string;
  deputy: string;
  duty: string;
  due: string | null;
}

/** Owners are found by their deputies as well; what is over its time is due within every span. */
export function isShown(each: Narrowed, { state, owner, duty, within }: TrustSearch & { state?: string | undefined }, now: number): boolean {
  if (state && each.state !== state) return false;
  if (owner && each.owner !== owner && each.deputy !== owner) return false;
  if (duty && each.duty !== duty) return false;
  return !within || (each.due !== null && Date.parse(each.due) - now <= spanMs[within]);
}

/** Each name once, in order. */
export const namesOf = (items: readonly Pick<Narrowed, 'owner' | 'deputy'>[]): string[] => [...new Set(items.flatMap(({ owner, deputy }) => [owner, deputy]).filter(Boolean))].toSorted();
