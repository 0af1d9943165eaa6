// When a report is made and what it is about, as the manager works it out: for the preview while one is described.
import type { ReportSchedule } from '@/api/types';
import { dateAt, momentOf, type WallDate, weekdayOf } from '@/lib/wall';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];
export const ranges = ['previous-day', 'previous-week', 'previous-month', '24h', '7d', '30d', '90d'] as const;

const secondsOf = { h: 3600, d: 86_400 } as const;

/** How long a range is that is not one of the calendar; undefined for those. */
export function lengthOf(range: string): number | undefined {
  const [, count, unit] = /^(\d{1,4})([hd])$/.exec(range) ?? [];
  return count && unit ? Number(count) * secondsOf[unit as 'h' | 'd'] : undefined;
}

/** The date of the day, week or month that is `steps` away from the one that has `date`. */
function dateOf({ every, weekday = 'mon', day = 1 }: ReportSchedule, { year, month, day: today }: WallDate, steps: number): WallDate {
  if (every === 'day') return { year, month, day: today + steps };
  if (every === 'week') return { year, month, day: today - weekdayOf({ year, month, day: today }) + weekdays.indexOf(weekday) + 7 * steps };
  return day === 'last' ? { year, month: month + steps + 1, day: 0 } : { year, month: month + steps, day };
}

/** The first time after `now` at which it is made; undefined when its time is none. */
export function nextAfter(schedule: ReportSchedule, now: number): number | undefined {
  const [hour = Number.NaN, minute = Number.NaN] = schedule.at.split(':').map(Number);
  const today = dateAt(now, schedule.zone);
  return [0, 1, 2].map((steps) => momentOf({ ...dateOf(schedule, today, steps), hour, minute }, schedule.zone)).find((time) => time > now);
}

/** From when until when a report is that is made at `occurrence`. */
export function periodOf(range: string, occurrence: number, zone: string): { from: number; to: number } {
  const length = lengthOf(range);
  if (length !== undefined) return { from: occurrence - length * 1000, to: occurrence };
  const { year, month, day } = dateAt(occurrence, zone);
  const begin = (date: WallDate) => momentOf({ ...date, hour: 0, minute: 0 }, zone);
  if (range === 'previous-month') return { from: begin({ year, month: month - 1, day: 1 }), to: begin({ year, month, day: 1 }) };
  const days = range === 'previous-week' ? 7 : 1;
  const last = range === 'previous-week' ? day - weekdayOf({ year, month, day }) : day;
  return { from: begin({ year, month, day: last - days }), to: begin({ year, month, day: last }) };
}
