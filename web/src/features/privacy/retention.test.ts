import { expect, test } from 'vitest';
import { draftOf, isPastLongest, isWhole, modulesOf, shortened } from '@/features/privacy/retention';

const before = { longest_days: 90, modules: { ips: 30 } };

test('what has no number of its own stays without one', () => {
  expect(draftOf(before).ips).toBe(30);
  expect(draftOf(before).firewall).toBe('');
  expect(modulesOf(draftOf(before))).toEqual({ ips: 30 });
  expect(modulesOf({ ...draftOf(before), ips: '' })).toEqual({});
});

test('days are whole, at least one, and at most what the installation keeps', () => {
  expect([1, 3650, '' as const].every(isWhole)).toBe(true);
  expect([0, -1, 1.5, Number.NaN].some(isWhole)).toBe(false);
  expect(isPastLongest(90, 90)).toBe(false);
  expect(isPastLongest(91, 90)).toBe(true);
  expect(isPastLongest('', 90)).toBe(false);
});

test('events that go sooner are told, also when a number of their own is given for the first time', () => {
  expect(shortened(before, draftOf(before))).toEqual([]);
  expect(shortened(before, { ...draftOf(before), ips: 29, firewall: 89 })).toEqual(['firewall', 'ips']);
  expect(shortened(before, { ...draftOf(before), ips: '', firewall: 90 })).toEqual([]);
});
