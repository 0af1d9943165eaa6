// The stand-in's own health: a job that failed, one that is overdue, one that has not run, and a certificate that ends soon.
import { json, type Route } from './http.ts';

export function makeHealth(now: number): Route[] {
  const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
  const job = (name: string, every_s: number, state: string, ran: number | null, more: object = {}) => ({
    name, every_s, state, last_run: ran === null ? null : at(-ran), last_success: ran === null ? null : at(-ran), last_error: '', next_due: at(every_s - (ran ?? 0)), overdue: state === 'overdue', ...more,
  });
  const certificate = (role: string, subject: string, days_left: number, state: string) => ({ role, subject, not_after: at(days_left * 86_400), days_left, state });
  return [
    ['GET', /^\/system\/health$/, 'system:read', () =>
      json({
        time: at(0),
        healthy: false,
        jobs: [
          job('alerts', 1, 'ok', 1),
          job('retention', 3600, 'ok', 600),
          job('pruning', 3600, 'waiting', null),
          job('keys', 3600, 'failed', 600, { last_success: at(-4200), last_error: 'keys.refresh.failed: the database does not answer' }),
          job('directories', 30, 'overdue', 7200),
        ],
        certificates: [certificate('api', 'manager.example.com', 12, 'soon'), certificate('gateway', 'Warder manager', 77, 'ok'), certificate('authority', 'Warder CA', 3600, 'ok')],
        database: { kind: 'sqlite', state: 'ok', error: '' },
        disk: { state: 'ok', error: '', total_bytes: 500_000_000_000, available_bytes: 321_000_000_000 },
      })],
  ];
}
