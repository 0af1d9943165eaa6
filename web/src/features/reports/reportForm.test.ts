import { expect, it } from 'vitest';
import type { Report } from '@/api/types';
import { bodyOfForm, formOf, isWhole } from '@/features/reports/reportForm';

const own = { zone: 'Asia/Tokyo', language: 'ja', me: 'me' } as const;
const report = { name: 'Weekly', kind: 'events', filter: 'severity >= high', range: 'previous-week', schedule: { every: 'week', weekday: 'fri', at: '17:30', zone: 'UTC' }, language: 'en', recipients: ['a'] } as Report;

it('comes back as it was', () => {
  expect(bodyOfForm(formOf(report, own))).toEqual(report);
  expect(bodyOfForm(formOf({ ...report, schedule: null }, own)).schedule).toBeNull();
});

it('a new one is made for oneself, every morning where one is', () => {
  expect(bodyOfForm(formOf(undefined, own))).toMatchObject({ schedule: { every: 'day', at: '08:00', zone: 'Asia/Tokyo' }, language: 'ja', recipients: ['me'] });
});

it('a schedule has only what its rhythm knows', () => {
  expect(bodyOfForm({ ...formOf(report, own), every: 'month', day: 'last' }).schedule).toEqual({ every: 'month', day: 'last', at: '17:30', zone: 'UTC' });
});

it('what is told whole has no filter', () => {
  expect(bodyOfForm({ ...formOf(report, own), kind: 'incidents' }).filter).toBe('');
});

it('is whole with a name, somebody to get it, and a time that there is', () => {
  const whole = formOf(report, own);
  expect(isWhole(whole)).toBe(true);
  expect([{ name: ' ' }, { recipients: [] }, { at: '24:00' }, { zone: 'Mars/Olympus' }].map((part) => isWhole({ ...whole, ...part }))).toEqual([false, false, false, false]);
  expect(isWhole({ ...whole, every: 'never', at: '' })).toBe(true);
});
