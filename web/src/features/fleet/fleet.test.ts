import { expect, it } from 'vitest';
import { tokenState } from '@/features/fleet/EnrolmentPage';
import { installCommand } from '@/features/fleet/installCommand';

const now = new Date('2026-11-22T00:00:00Z');
const token = { id: '', name: '', group_id: null, policy_id: null, created: '', expires: '2026-11-23T00:00:00Z', uses_left: 1, revoked: false };

it.each([
  [{}, 'valid'],
  [{ uses_left: 0 }, 'used'],
  [{ expires: '2026-11-21T00:00:00Z' }, 'expired'],
  [{ revoked: true, uses_left: 0 }, 'revoked'],
])('a token with %j is %s', (change, expected) => {
  expect(tokenState({ ...token, ...change }, now)).toBe(expected);
});

it('keeps the token out of command lines', () => {
  const lines = installCommand('wdt1_secret').split('\n');
  expect(lines.filter((line) => line.includes('wdt1_secret'))).toEqual(['wdt1_secret']);
});
