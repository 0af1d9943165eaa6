import { expect, it } from 'vitest';
import type { Group } from '@/api/types';
import { parseRings } from '@/features/policies/rings';

const groups = [{ id: 'g1', name: 'Web servers' }] as Group[];

it('reads rings, a line each', () => {
  expect(parseRings('canary: 5%\n\n web : group Web servers \nearly: tag early', groups)).toEqual({
    rings: [{ name: 'canary', percent: 5 }, { name: 'web', group_ids: ['g1'] }, { name: 'early', tag: 'early' }],
  });
});

it.each([
  ['', 'empty'],
  ['canary', 'form'],
  ['canary: 100%', 'form'],
  ['a: 5%\nb: 5%', 'growing'],
  ['a: 0%', 'growing'],
  ['a: group Nowhere', 'group'],
])('says what is wrong with %j', (text, code) => {
  expect(parseRings(text, groups)).toMatchObject({ problem: { code } });
});
