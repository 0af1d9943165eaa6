// As much of the filter language as the browser tests need: comparisons joined by `and`, alternatives in parentheses, lists, `not`, and globs.
import type { MockEvent } from './data.ts';

const order = ['info', 'low', 'medium', 'high', 'critical'];

function valueOf(event: MockEvent, field: string): string | undefined {
  if (field === 'id') return event.id;
  if (field === 'agent') return event.agent_id ?? undefined;
  if (field === 'host' || field === 'host.name') return event.host;
  if (['module', 'type', 'severity', 'action', 'rule'].includes(field)) return String(event[field as 'type']);
  return event.fields[field] === undefined ? undefined : String(event.fields[field]);
}

const globOf = (pattern: string) =>
  new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'i');

/** A test for events; throws with the place of what it does not understand. */
export function parseFilter(text: string): (event: MockEvent) => boolean {
  const terms = text.trim() === '' ? [] : text.split(/\s+and\s+/i);
  const tests = terms.map((term) => {
    const either = /^\((.+ or .+)\)$/i.exec(term.trim())?.[1]?.split(/\s+or\s+/i).map((part) => parseFilter(part));
    if (either) return (event: MockEvent) => either.some((test) => test(event));
    const listed = /^([\w.]+)\s+in\s+\(([^()]+)\)$/i.exec(term.trim());
    if (listed) return (event: MockEvent) => (listed[2] ?? '').split(',').some((value) => compare(event, listed[1] ?? '', '=', value.trim()));
    const match = /^(not\s+)?([\w.]+)\s*(!=|>=|<=|=|:|>|<)\s*(?:"((?:\\.|[^"\\])*)"|([\w.*-]+))$/i.exec(term.trim());
    if (!match) throw new Error(`filter:${text.indexOf(term) + 1}: expected a comparison`);
    const [, not, field = '', op, quoted, bare] = match;
    const wanted = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '';
    return (event: MockEvent) => compare(event, field, op ?? '=', wanted) !== Boolean(not);
  });
  return (event) => tests.every((test) => test(event));
}

function compare(event: MockEvent, field: string, op: string, wanted: string): boolean {
  if (field === 'any') return globOf(wanted).test([event.titles.en, event.host, event.type, ...Object.values(event.fields)].join(' '));
  if (field === 'tag') return event.tags.some((tag) => (op === ':' ? globOf(wanted).test(tag) : tag === wanted)) !== (op === '!=');
  const value = field === 'rank' ? String(event.rank) : valueOf(event, field);
  if (value === undefined) return false;
  if (op === ':') return globOf(wanted).test(value);
  if (op === '=') return value === wanted;
  if (op === '!=') return value !== wanted;
  const [left, right] = field === 'severity' ? [order.indexOf(value), order.indexOf(wanted)] : [Number(value), Number(wanted)];
  if (op === '>=') return left >= right;
  if (op === '<=') return left <= right;
  return op === '>' ? left > right : left < right;
}
