// A rota as the form has it, and back.
import type { Rota } from '@/api/types';

export interface LevelForm {
  order: string[];
  days: number;
  minutes: number;
}

export const emptyLevel: LevelForm = { order: [], days: 7, minutes: 15 };

export const levelsOf = (rota: Rota | undefined): LevelForm[] =>
  rota?.levels.map((each) => ({ order: each.order, days: each.shift_days ?? emptyLevel.days, minutes: Math.round((each.wait_s ?? 900) / 60) })) ?? [emptyLevel];

export const rotaLevels = (levels: readonly LevelForm[]): Rota['levels'] => levels.map(({ order, days, minutes }) => ({ order, shift_days: days, wait_s: minutes * 60 }));

/** Everybody in a level is a member. Those that were members keep their skills, and stay members: they may stand in. */
export function membersOf(rota: Rota | undefined, levels: readonly LevelForm[]): Rota['members'] {
  const before = rota?.members ?? [];
  const known = new Set(before.map((each) => each.user));
  const fresh = new Set(levels.flatMap((each) => each.order).filter((each) => !known.has(each)));
  return [...before, ...[...fresh].map((user) => ({ user }))];
}
