import type { BackupRun } from '@/api/types';

const dayMs = 86_400_000;

/** Newest first, as the manager lists them: the last that ended well, and the last that did not. */
export function lastRuns(runs: readonly BackupRun[], task: BackupRun['task']) {
  const of = (state: BackupRun['state']) => runs.find((run) => run.task === task && run.state === state);
  return { good: of('succeeded'), failed: of('failed') };
}

/** Of backups: none, or older than two days, is what somebody has to look after. */
export function isOverdue(good: BackupRun | undefined, now: number): boolean {
  return !good?.ended || now - Date.parse(good.ended) > 2 * dayMs;
}
