import { expect, it } from 'vitest';
import { safeNext } from '@/features/session/enter';

it.each([
  [undefined, '/events'],
  ['/fleet?host=a', '/fleet?host=a'],
  ['//elsewhere.example', '/events'],
  ['/\\elsewhere.example', '/events'],
  ['https://elsewhere.example', '/events'],
])('after login %s leads to %s', (next, expected) => {
  expect(safeNext(next)).toBe(expected);
});
