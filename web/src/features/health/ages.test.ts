import { expect, test } from 'vitest';
import type { BackupRun } from '@/api/types';
import { isOverdue, lastRuns } from '@/features/health/ages';

const run = (task: BackupRun['task'], state: BackupRun['state'], ended: string): BackupRun => ({ id: ended, task, state, file: 'a', actor: 'admin', begun: ended, ended, error: '', bytes: 1, parts: 1 });
const now = Date.parse('2026-11-28T00:00:00Z');

test('the last run of each outcome is that of the task that was asked for', () => {
  const runs = [run('verify', 'failed', '2026-11-27T03:00:00Z'), run('create', 'succeeded', '2026-11-27T02:00:00Z'), run('create', 'succeeded', '2026-11-26T02:00:00Z')];
  expect(lastRuns(runs, 'create')).toEqual({ good: runs[1], failed: undefined });
  expect(lastRuns(runs, 'verify')).toEqual({ good: undefined, failed: runs[0] });
});

test('a backup is overdue after two days, and when there is none', () => {
  expect(isOverdue(run('create', 'succeeded', '2026-11-26T00:00:00Z'), now)).toBe(false);
  expect(isOverdue(run('create', 'succeeded', '2026-11-25T23:59:59Z'), now)).toBe(true);
  expect(isOverdue(undefined, now)).toBe(true);
});
