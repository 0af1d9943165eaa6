// Limits as a form has them: text, and nothing for none.
import type { TenantLimits } from '@/api/types';

export const limitKeys = ['max_agents', 'max_users', 'max_events_per_day'] as const;
export type LimitTexts = Record<(typeof limitKeys)[number], string>;

export const textsOf = (limits: Partial<TenantLimits>): LimitTexts => ({
  max_agents: limits.max_agents?.toString() ?? '',
  max_users: limits.max_users?.toString() ?? '',
  max_events_per_day: limits.max_events_per_day?.toString() ?? '',
});

const isLimit = (text: string) => /^[1-9]\d{0,12}$/.test(text) && Number(text) <= 1e12;

/** The keys of what is no limit. */
export const wrongLimits = (texts: LimitTexts) => limitKeys.filter((key) => texts[key].trim() !== '' && !isLimit(texts[key].trim()));

export function limitsOf(texts: LimitTexts): TenantLimits {
  const numberOf = (key: keyof LimitTexts) => (texts[key].trim() === '' ? null : Number(texts[key]));
  return { max_agents: numberOf('max_agents'), max_users: numberOf('max_users'), max_events_per_day: numberOf('max_events_per_day') };
}

/** How much of a limit is used, 0 to 1 and beyond; undefined without a limit. */
export const shareOf = (used: number, limit: number | null) => (limit === null ? undefined : used / limit);
