import { expect, it } from 'vitest';
import type { Agent } from '@/api/types';
import { changeOf, sharedOf, unchanged } from '@/features/fleet/assignment';

const agent = (group_id: string | null, policy_id: string | null) => ({ group_id, policy_id }) as Agent;

it('knows what agents share', () => {
  expect(sharedOf([agent('web', null), agent('web', 'p')])).toEqual({ group: 'web', policy: unchanged });
  expect(sharedOf([agent(null, null)])).toEqual({ group: null, policy: null });
});

it('changes only what was chosen', () => {
  const before = { group: unchanged, policy: 'p' };
  expect(changeOf(before, before)).toEqual({});
  expect(changeOf(before, { group: 'web', policy: 'p' })).toEqual({ group_id: 'web' });
  expect(changeOf(before, { group: null, policy: null })).toEqual({ group_id: null, policy_id: null });
});
