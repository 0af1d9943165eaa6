// What has happened to an alert, from all who know a part of it, in the order of time.
import type { Alert, AlertComment, Notice } from '@/api/types';

export type TimelineEntry = { key: string; time: string } & (
  | { kind: 'opened' }
  | { kind: 'told'; notice: Notice }
  | { kind: 'acknowledged'; by: string }
  | { kind: 'comment'; by: string; text: string }
  | { kind: 'resolved'; by: string | null }
);

export function timelineOf(alert: Alert, comments: readonly AlertComment[], notices: readonly Notice[]): TimelineEntry[] {
  const entries: TimelineEntry[] = [{ key: 'opened', kind: 'opened', time: alert.opened }];
  for (const notice of notices) entries.push({ key: notice.id, kind: 'told', time: notice.created, notice });
  if (alert.acknowledged) entries.push({ key: 'acknowledged', kind: 'acknowledged', time: alert.acknowledged, by: alert.acknowledged_by ?? '' });
  for (const { id, time, by, text } of comments) entries.push({ key: id, kind: 'comment', time, by, text });
  if (alert.resolved) entries.push({ key: 'resolved', kind: 'resolved', time: alert.resolved, by: alert.resolved_by });
  // What the alert itself says comes first among what is of one moment; the sort keeps that order.
  return entries.toSorted((left, right) => Date.parse(left.time) - Date.parse(right.time));
}
