import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { stateColor } from '@/ui/theme';

export const healthQuery = queryOptions({ queryKey: ['system', 'health'], queryFn: () => bodyOf(api.GET('/system/health')), refetchInterval: 30_000 });

/** Of jobs, certificates, the database and the disk. What has not run is not green. */
export const healthColor = {
  ok: stateColor.good,
  waiting: stateColor.idle,
  unknown: stateColor.idle,
  soon: stateColor.warn,
  low: stateColor.warn,
  failed: stateColor.bad,
  overdue: stateColor.bad,
  expired: stateColor.bad,
} as const;

/** What is wrong first, the rest as it came. */
const urgency = ['expired', 'overdue', 'failed', 'soon', 'waiting', 'ok'];
export const worstFirst = <Part extends { state: string }>(parts: readonly Part[]) => parts.toSorted((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state));

/** Those that have a name in words. */
export const jobNames = [
  'forwarder',
  'notices',
  'stream',
  'audit-keeper',
  'signature-mirror',
  'backups',
  'backup-schedule',
  'alerts',
  'directories',
  'trust-checks',
  'retention',
  'keys',
  'tenants',
  'pruning',
  'subject-requests',
  'isolation-check',
  'certificates',
  'tenant-list',
  'sessions',
  'reviews',
  'rollouts',
  'incidents',
  'audit-events',
  'reports',
] as const;
