import { expect, it } from 'vitest';
import type { Rota } from '@/api/types';
import { levelsOf, membersOf, rotaLevels } from '@/features/oncall/rotaForm';

const rota = { members: [{ user: 'a', skills: ['forensics'] }, { user: 'b' }], levels: [{ order: ['a', 'b'], shift_days: 1, wait_s: 600 }] } as Rota;

it('comes back as it was', () => {
  expect(rotaLevels(levelsOf(rota))).toEqual(rota.levels);
  expect(membersOf(rota, levelsOf(rota))).toEqual(rota.members);
});

it('makes members of those who are new in a level, each once', () => {
  const levels = [{ order: ['a', 'c'], days: 7, minutes: 15 }, { order: ['c'], days: 7, minutes: 15 }];
  expect(membersOf(rota, levels)).toEqual([...rota.members, { user: 'c' }]);
  expect(membersOf(undefined, levels)).toEqual([{ user: 'a' }, { user: 'c' }]);
});
