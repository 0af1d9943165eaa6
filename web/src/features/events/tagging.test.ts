import { expect, test } from 'vitest';
import type { Event } from '@/api/types';
import { maxTagged, reversed, taggingsOf, tagsOf } from '@/features/events/tagging';

const event = (id: string, ...tags: string[]) => ({ id, tags }) as Event;

test('asks only for what changes, so that it can be taken back', () => {
  const events = [event('1', 'seen'), event('2'), event('3', 'other')];
  expect(taggingsOf(events, 'add', 'seen')).toEqual([{ ids: ['2', '3'], add: ['seen'] }]);
  expect(taggingsOf(events, 'remove', 'seen')).toEqual([{ ids: ['1'], remove: ['seen'] }]);
  expect(taggingsOf(events, 'remove', 'none')).toEqual([]);
  expect(reversed({ ids: ['2'], add: ['seen'] })).toEqual({ ids: ['2'], remove: ['seen'] });
  expect(reversed({ ids: ['2'], remove: ['seen'] })).toEqual({ ids: ['2'], add: ['seen'] });
});

test('names no more events in a request than the manager takes', () => {
  const events = Array.from({ length: 2 * maxTagged + 1 }, (_, index) => event(String(index)));
  expect(taggingsOf(events, 'add', 'x').map(({ ids }) => ids.length)).toEqual([maxTagged, maxTagged, 1]);
});

test('offers the tags that are there, the most frequent first', () => {
  expect(tagsOf([event('1', 'b', 'a'), event('2', 'b'), event('3')])).toEqual(['b', 'a']);
});
