// The check that the browser makes by itself: the signature of a checkpoint, that it goes on from the one remembered, and
// that each entry shown is in the list it was signed for. Nothing that the manager says of its own log is believed.
import type { AuditCheckpoint, AuditConsistency, AuditEntry, AuditInclusion } from '@/api/types';
import { leafOf } from '@/features/audit/leaf';
import type { Remembered } from '@/features/audit/remembered';
import { openCheckpoint } from '@/lib/checkpoint';
import { fromHex, type Hash, type Head, isConsistent, isSame, leafHash, rootOfRange, toHex } from '@/lib/merkle';

/** Where the check gets what it needs. */
export interface Source {
  checkpoint: () => Promise<AuditCheckpoint>;
  inclusion: (index: number, size: number) => Promise<AuditInclusion>;
  consistency: (from: number, to: number) => Promise<AuditConsistency>;
}

export type Fault = 'form' | 'key' | 'signature' | 'unable' | 'otherKey' | 'shrunk' | 'notContinued' | 'entries';
export type Verdict = 'held' | 'broken' | 'unsigned';

export interface Check {
  fault?: Fault;
  checkpoint: { size: number; root: string; time: string };
  /** By the index of the entry; empty where the checkpoint itself does not hold. */
  verdicts: ReadonlyMap<number, Verdict>;
  /** The checkpoint of before that this one was compared with. */
  since?: Remembered;
  /** What is to be remembered now. */
  next?: Remembered;
}

const hashesOf = (texts: readonly string[]): Hash[] => texts.map((text) => fromHex(text) ?? new Uint8Array());

/** Runs of entries whose indices follow one another, in rising order. */
export function runsOf(entries: readonly AuditEntry[]): AuditEntry[][] {
  const runs: AuditEntry[][] = [];
  for (const entry of entries.toSorted((left, right) => left.index - right.index)) {
    const last = runs.at(-1);
    if (last && last.at(-1)?.index === entry.index - 1) last.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

/** Whether all of a run, as it is shown, is in the list with this head. */
async function holds(run: readonly AuditEntry[], head: Head, source: Source): Promise<boolean> {
  const [first] = run;
  if (!first) return true;
  const firstProof = await source.inclusion(first.index, head.size);
  const lastProof = run.length === 1 ? firstProof : await source.inclusion(first.index + run.length - 1, head.size);
  const leaves = await Promise.all(run.map((entry) => leafHash(leafOf(entry))));
  const root = await rootOfRange({ first: first.index - 1, leaves, proofs: [hashesOf(firstProof.hashes), hashesOf(lastProof.hashes)] }, head.size);
  return root !== undefined && isSame(root, head.root);
}

async function judge(run: readonly AuditEntry[], head: Head, source: Source, verdicts: Map<number, Verdict>): Promise<void> {
  if (await holds(run, head, source)) {
    for (const { index } of run) verdicts.set(index, 'held');
  } else if (run.length === 1 && run[0]) {
    verdicts.set(run[0].index, 'broken');
  } else {
    // One of them does not hold: halves tell which, with few questions.
    const half = Math.ceil(run.length / 2);
    await judge(run.slice(0, half), head, source, verdicts);
    await judge(run.slice(half), head, source, verdicts);
  }
}

async function faultOfGrowth(before: Remembered, key: string, head: Head, source: Source): Promise<Fault | undefined> {
  if (before.key !== key) return 'otherKey';
  if (before.size > head.size) return 'shrunk';
  const from = { size: before.size, root: fromHex(before.root) ?? new Uint8Array() };
  if (from.size === head.size) return isSame(from.root, head.root) ? undefined : 'notContinued';
  const { hashes } = await source.consistency(from.size, head.size);
  return (await isConsistent(from, head, hashesOf(hashes))) ? undefined : 'notContinued';
}

export async function checkEntries(entries: readonly AuditEntry[], before: Remembered | undefined, source: Source): Promise<Check> {
  const checkpoint = await source.checkpoint();
  const opened = await openCheckpoint(checkpoint.note, checkpoint.key);
  if ('refusal' in opened) {
    return { fault: opened.refusal, checkpoint: { size: checkpoint.size, root: checkpoint.root, time: checkpoint.time }, verdicts: new Map() };
  }
  const { head } = opened;
  const shown = { size: head.size, root: toHex(head.root), time: checkpoint.time };
  const verdicts = new Map<number, Verdict>(entries.filter(({ index }) => index > head.size).map(({ index }) => [index, 'unsigned']));
  for (const run of runsOf(entries.filter(({ index }) => index <= head.size))) await judge(run, head, source, verdicts);
  const growth = before && (await faultOfGrowth(before, checkpoint.key, head, source));
  const fault = growth ?? ([...verdicts.values()].includes('broken') ? 'entries' : undefined);
  return {
    ...(fault ? { fault } : { next: { key: checkpoint.key, size: head.size, root: shown.root, seen: new Date().toISOString() } }),
    checkpoint: shown,
    verdicts,
    ...(before ? { since: before } : {}),
  };
}
