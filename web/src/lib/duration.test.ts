import { expect, test } from 'vitest';
import { formatDuration } from '@/lib/duration';

test.each([
  [0, '0 sec'],
  [-5, '0 sec'],
  [42, '42 sec'],
  [60, '1 min'],
  [7505, '2 hr 5 min'],
  [90_061, '1 day 1 hr'],
  [259_200, '3 days'],
])('%i seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds, 'en')).toBe(text);
});

test('units are words of the language', () => {
  expect(formatDuration(7505, 'ja')).toBe('2 時間 5 分');
});
