import { expect, it } from 'vitest';
import { dateAt, formatWall, isZone, momentOf, weekdayOf } from '@/lib/wall';

const at = (hour: number, minute: number, day: number, month: number) => ({ year: 2026, month, day, hour, minute });
const moment = (...[zone, ...wall]: [string, ...Parameters<typeof at>]) => new Date(momentOf(at(...wall), zone)).toISOString();

it.each([
  ['an ordinary hour', 'Asia/Tokyo', at(8, 0, 30, 11), '2026-11-29T23:00:00.000Z'],
  ['an hour that is skipped: its end', 'Europe/Berlin', at(2, 30, 29, 3), '2026-03-29T01:00:00.000Z'],
  ['the end of the skipped hour', 'Europe/Berlin', at(3, 0, 29, 3), '2026-03-29T01:00:00.000Z'],
  ['an hour that comes twice: the first', 'Europe/Berlin', at(2, 30, 25, 10), '2026-10-25T00:30:00.000Z'],
  ['half an hour that is skipped', 'Australia/Lord_Howe', at(2, 15, 4, 10), '2026-10-03T15:30:00.000Z'],
  ['months are carried', 'UTC', at(0, 0, 1, 13), '2027-01-01T00:00:00.000Z'],
])('finds %s', (_what, zone, wall, expected) => {
  expect(new Date(momentOf(wall, zone)).toISOString()).toBe(expected);
});

it('shows the date and the time of the place', () => {
  const time = Date.parse('2026-11-29T23:05:30.250Z');
  expect(dateAt(time, 'Asia/Tokyo')).toEqual({ year: 2026, month: 11, day: 30 });
  expect(formatWall(time, 'Asia/Tokyo')).toBe('2026-11-30 08:05');
  expect(moment('Asia/Tokyo', 8, 5, 30, 11)).toBe('2026-11-29T23:05:00.000Z');
});

it('a week begins on Monday', () => {
  expect([{ year: 2026, month: 11, day: 30 }, { year: 2026, month: 11, day: 29 }].map(weekdayOf)).toEqual([0, 6]);
});

it('knows which names are zones', () => {
  expect(['Asia/Tokyo', 'UTC', 'Mars/Olympus', ''].map(isZone)).toEqual([true, true, false, false]);
});
