// Rings of a roll-out, as people write them: "canary: 5%", "web: group Web", "early: tag early", a line each.
import type { Group, RolloutRingDraft } from '@/api/types';

export type RingProblem = { code: 'empty' | 'form' | 'growing' | 'group'; line: string };

const format = /^\s*([^:]+?)\s*:\s*(?:(\d{1,2})\s*%|group\s+(.+?)|tag\s+(\S+))\s*$/;

/** Gives the rings, or what is wrong with the first line that is wrong. */
export function parseRings(text: string, groups: readonly Group[]): { rings: RolloutRingDraft[] } | { problem: RingProblem } {
  const rings: RolloutRingDraft[] = [];
  let percent = 0;
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const [, name, share, group, tag] = format.exec(line) ?? [];
    if (!name) return { problem: { code: 'form', line } };
    if (share !== undefined) {
      if (Number(share) <= percent) return { problem: { code: 'growing', line } };
      percent = Number(share);
      rings.push({ name, percent });
    } else if (group !== undefined) {
      const found = groups.find((each) => each.name === group);
      if (!found) return { problem: { code: 'group', line } };
      rings.push({ name, group_ids: [found.id] });
    } else if (tag !== undefined) rings.push({ name, tag });
  }
  return rings.length === 0 ? { problem: { code: 'empty', line: '' } } : { rings };
}
