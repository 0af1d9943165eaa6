import { expect, it } from 'vitest';
import type { Alert, Notice } from '@/api/types';
import { timelineOf } from '@/features/alerts/timeline';

const alert = { opened: '2026-11-27T10:00:00.000Z', acknowledged: '2026-11-27T10:05:00Z', acknowledged_by: 'user:1', resolved: '2026-11-27T10:09:00Z', resolved_by: null } as Alert;
const notice = (id: string, created: string) => ({ id, created }) as Notice;

it('puts in order what several know', () => {
  const entries = timelineOf(
    alert,
    [{ id: 'c', time: '2026-11-27T10:06:00Z', by: 'user:1', text: 'no power' }],
    [notice('n2', '2026-11-27T10:09:00Z'), notice('n1', '2026-11-27T10:00:00Z')],
  );
  expect(entries.map((each) => each.key)).toEqual(['opened', 'n1', 'acknowledged', 'c', 'n2', 'resolved']);
});

it('says nothing of what has not happened', () => {
  const open = { ...alert, acknowledged: null, resolved: null };
  expect(timelineOf(open, [], []).map((each) => each.kind)).toEqual(['opened']);
});
