import { expect, test } from 'vitest';
import { standing } from '@/ui/standing';

const state = { delivered: 0, refused: 0, lost: 0, backlog: 0, last_delivery: null, error: null, failing_since: null };

test('a destination is called served only when it is', () => {
  expect(standing({ enabled: true, state })).toBe('new');
  expect(standing({ enabled: true, state: { ...state, last_delivery: '2026-11-22T10:00:00Z' } })).toBe('served');
  expect(standing({ enabled: true, state: { ...state, last_delivery: '2026-11-22T10:00:00Z', backlog: 3 } })).toBe('behind');
  expect(standing({ enabled: true, state: { ...state, last_delivery: '2026-11-22T10:00:00Z', error: 'down' } })).toBe('failing');
  expect(standing({ enabled: false, state: { ...state, error: 'down' } })).toBe('off');
});
