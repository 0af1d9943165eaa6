import { describe, expect, it } from 'vitest';
import { formatAgo, formatTime, periodOf, rangeMs, zoneLabel } from '@/lib/time';

const now = new Date('2026-11-22T12:00:00Z');

describe('periodOf', () => {
  it('takes the last day when nothing is said', () => {
    expect(periodOf({}, now)).toEqual({ from: '2026-11-21T12:00:00.000Z' });
  });
  it('takes a range', () => {
    expect(periodOf({ range: '15m' }, now)).toEqual({ from: '2026-11-22T11:45:00.000Z' });
  });
  it('prefers two moments', () => {
    const moments = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    expect(periodOf({ range: '1h', ...moments }, now)).toEqual(moments);
  });
});

it('knows how long a range is', () => {
  expect(rangeMs('7d')).toBe(7 * 24 * 3_600_000);
});

it('writes a moment in a zone', () => {
  expect(formatTime('2026-11-22T23:46:28.123Z', 'UTC', true)).toBe('2026-11-22 23:46:28.123');
  expect(formatTime('2026-11-22T00:00:00Z', 'UTC')).toBe('2026-11-22 00:00:00');
  expect(formatTime('not a time', 'UTC')).toBe('not a time');
});

it('names the zone', () => {
  expect(zoneLabel('UTC', 'en', now)).toBe('UTC');
});

describe('formatAgo', () => {
  it.each([
    ['2026-11-22T11:55:00Z', 'en', '5 minutes ago'],
    ['2026-11-22T11:55:00Z', 'ja', '5 分前'],
    ['2026-11-25T12:00:00Z', 'en', 'in 3 days'],
    ['2026-11-22T12:00:00Z', 'en', 'now'],
  ])('%s in %s', (time, locale, expected) => {
    expect(formatAgo(time, now, locale)).toBe(expected);
  });
});
