import { expect, test } from 'vitest';
import { addressOf, isSameQuery, queryOf, wordsOf } from '@/lib/views';

test('a view is what the address says, without what is open beside the list', () => {
  expect(queryOf({ filter: 'severity>=high and "東"', order: 'rank', range: undefined, host: '', event: 'id', alert: 'id' })).toBe('filter=severity%3E%3Dhigh+and+%22%E6%9D%B1%22&order=rank');
  expect(queryOf({ event: 'id' })).toBe('');
});

test('a view has an address', () => {
  expect(addressOf('fleet', 'state=offline')).toBe('/fleet?state=offline');
  expect(addressOf('audit', '')).toBe('/audit');
});

test('a view is told in words', () => {
  expect(wordsOf('filter=os%3Adebian+and+group%3Aweb&state=offline')).toEqual(['os:debian and group:web', 'state=offline']);
  expect(wordsOf('')).toEqual([]);
});

test('the order of parameters makes no other view', () => {
  expect(isSameQuery('a=1&b=2', 'b=2&a=1')).toBe(true);
  expect(isSameQuery('a=1', 'a=2')).toBe(false);
  expect(isSameQuery('a=1', '')).toBe(false);
});
