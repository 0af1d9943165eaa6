import { expect, it } from 'vitest';
import { isShown, namesOf } from '@/features/trust/narrow';

const now = Date.parse('2026-11-28T00:00:00Z');
const each = { state: 'due', owner: 'olga', deputy: 'dan', duty: 'tc-22a', due: '2026-12-05T00:00:00Z' };

it('shows what fits every filter', () => {
  expect(isShown(each, {}, now)).toBe(true);
  expect(isShown(each, { state: 'due', owner: 'olga', duty: 'tc-22a', within: 'week' }, now)).toBe(true);
  expect(isShown(each, { state: 'held' }, now)).toBe(false);
  expect(isShown(each, { owner: 'dan' }, now)).toBe(true);
  expect(isShown(each, { owner: 'rita' }, now)).toBe(false);
  expect(isShown(each, { duty: 'tc-22b' }, now)).toBe(false);
});

it('reckons what is due from now on, and what is over its time with it', () => {
  expect(isShown({ ...each, due: '2026-12-05T00:00:01Z' }, { within: 'week' }, now)).toBe(false);
  expect(isShown({ ...each, due: '2026-12-05T00:00:01Z' }, { within: 'month' }, now)).toBe(true);
  expect(isShown({ ...each, due: '2020-01-01T00:00:00Z' }, { within: 'week' }, now)).toBe(true);
  expect(isShown({ ...each, due: null }, { within: 'quarter' }, now)).toBe(false);
});

it('names owners and deputies once', () => {
  expect(namesOf([each, { ...each, deputy: '' }, { ...each, owner: 'anna' }])).toEqual(['anna', 'dan', 'olga']);
});
