import { describe, expect, it } from 'vitest';
import type { ReportSchedule } from '@/api/types';
import { lengthOf, nextAfter, periodOf } from '@/features/reports/schedule';

const next = (schedule: ReportSchedule, now: string) => new Date(nextAfter(schedule, Date.parse(now)) ?? Number.NaN).toISOString();
const period = (range: string, at: string, zone: string) => Object.values(periodOf(range, Date.parse(at), zone)).map((each) => new Date(each).toISOString());
const tokyo = { at: '08:00', zone: 'Asia/Tokyo' };

describe('the next time', () => {
  it.each<[string, ReportSchedule, string, string]>([
    ['today, when it is still to come', { every: 'day', ...tokyo }, '2026-11-28T22:59:59Z', '2026-11-28T23:00:00.000Z'],
    ['tomorrow, at the very moment', { every: 'day', ...tokyo }, '2026-11-28T23:00:00Z', '2026-11-29T23:00:00.000Z'],
    ['this week', { every: 'week', weekday: 'mon', ...tokyo }, '2026-11-28T00:00:00Z', '2026-11-29T23:00:00.000Z'],
    ['next week, when the day has passed', { every: 'week', weekday: 'tue', ...tokyo }, '2026-11-28T00:00:00Z', '2026-11-30T23:00:00.000Z'],
    ['a day of the month', { every: 'month', day: 28, ...tokyo }, '2026-11-28T00:00:00Z', '2026-12-27T23:00:00.000Z'],
    ['the last of the month', { every: 'month', day: 'last', ...tokyo }, '2027-01-31T00:00:00Z', '2027-02-27T23:00:00.000Z'],
    ['the end of an hour that is skipped', { every: 'day', at: '02:30', zone: 'Europe/Berlin' }, '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
    ['once in an hour that comes twice', { every: 'day', at: '02:30', zone: 'Europe/Berlin' }, '2026-10-25T00:30:00Z', '2026-10-26T01:30:00.000Z'],
  ])('is %s', (_what, schedule, now, expected) => {
    expect(next(schedule, now)).toBe(expected);
  });
});

describe('a range', () => {
  it('of the calendar has whole days, weeks from Monday and months of the place', () => {
    const sunday = '2026-11-29T03:00:00Z';
    expect(period('previous-day', sunday, 'Asia/Tokyo')).toEqual(['2026-11-27T15:00:00.000Z', '2026-11-28T15:00:00.000Z']);
    expect(period('previous-week', sunday, 'Asia/Tokyo')).toEqual(['2026-11-15T15:00:00.000Z', '2026-11-22T15:00:00.000Z']);
    expect(period('previous-month', '2027-01-01T00:00:00Z', 'Asia/Tokyo')).toEqual(['2026-11-30T15:00:00.000Z', '2026-12-31T15:00:00.000Z']);
  });

  it('has a day of 23 hours where the clocks are moved', () => {
    expect(period('previous-day', '2026-03-30T06:00:00Z', 'Europe/Berlin')).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z']);
  });

  it('that is a length ends when the report is made', () => {
    expect(period('7d', '2026-11-29T03:00:00Z', 'Asia/Tokyo')).toEqual(['2026-11-22T03:00:00.000Z', '2026-11-29T03:00:00.000Z']);
    expect(['24h', '366d', 'previous-day', '7w'].map(lengthOf)).toEqual([86_400, 31_622_400, undefined, undefined]);
  });
});
