// What is hashed of an entry: its leaf in the tree, canonical JSON (docs/audit.md).
import type { AuditEntry } from '@/api/types';

/** RFC 8785 for what entries hold: keys in order, no spaces. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}

/** Microseconds since 1970 of "2026-11-22T23:25:15.000000Z". */
export function microsOf(time: string): number {
  const [, second = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return Date.parse(`${second}Z`) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

export function leafOf({ index, time, actor, action, object, outcome, detail }: AuditEntry): string {
  return canonical({ index, time_us: microsOf(time), actor, action, object, outcome, detail });
}
