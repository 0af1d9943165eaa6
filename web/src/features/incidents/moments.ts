// Moments as people write them: 2026-11-27 14:30 in the chosen zone.
import { formatTime, type ZoneChoice } from '@/lib/time';

const pattern = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?$/;

/** RFC 3339, or undefined for what is no moment. Where clocks are moved, the earlier of two. */
export function momentOf(text: string, zone: ZoneChoice): string | undefined {
  const found = pattern.exec(text.trim());
  if (!found) return undefined;
  const date = new Date(`${found[1]}T${found[2]}${found[3] ?? ':00'}${zone === 'UTC' ? 'Z' : ''}`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export const written = (moment: Date, zone: ZoneChoice) => formatTime(moment.toISOString(), zone).slice(0, 16);
export const writtenNow = (zone: ZoneChoice) => written(new Date(), zone);
