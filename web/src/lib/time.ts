// Times: ranges of a search and the writing of moments in the chosen zone and language.

export const ranges = ['15m', '1h', '24h', '7d', '30d'] as const;
export type Range = (typeof ranges)[number];

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function rangeMs(range: Range): number {
  return Number(range.slice(0, -1)) * unitMs[range.slice(-1) as keyof typeof unitMs];
}

export interface Period {
  from: string;
  to?: string;
}

/** The period of a search: two moments, or the range before `now`. */
export function periodOf(search: { range?: Range; from?: string; to?: string }, now: Date): Period {
  if (search.from) return search.to ? { from: search.from, to: search.to } : { from: search.from };
  return { from: new Date(now.getTime() - rangeMs(search.range ?? '24h')).toISOString() };
}

export type ZoneChoice = 'local' | 'UTC';

export function zoneName(choice: ZoneChoice): string {
  return choice === 'UTC' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** "Asia/Tokyo (GMT+9)". */
export function zoneLabel(choice: ZoneChoice, locale: string, at: Date): string {
  const zone = zoneName(choice);
  if (zone === 'UTC') return 'UTC';
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(at);
  const offset = parts.find((part) => part.type === 'timeZoneName')?.value;
  return offset && offset !== zone ? `${zone} (${offset})` : zone;
}

/** Making a format takes longer than a hundred uses of it: one for each zone, of a page's lifetime. */
const formats = new Map<ZoneChoice, Intl.DateTimeFormat>();
function formatOf(choice: ZoneChoice): Intl.DateTimeFormat {
  const made = formats.get(choice) ?? new Intl.DateTimeFormat('en-GB', {
    timeZone: zoneName(choice),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  formats.set(choice, made);
  return made;
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** 2026-11-22 23:46:28.123 in the zone: sortable, the same in each language. */
export function formatTime(iso: string, choice: ZoneChoice, milliseconds = false): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const parts = formatOf(choice).formatToParts(date);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  const text = `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
  return milliseconds ? `${text}.${pad(date.getUTCMilliseconds(), 3)}` : text;
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** "5 minutes ago", "in 3 days", "now". */
export function formatAgo(iso: string, now: Date, locale: string): string {
  const difference = new Date(iso).getTime() - now.getTime();
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  for (const [unit, ms] of steps) {
    if (Math.abs(difference) >= ms) return format.format(Math.trunc(difference / ms), unit);
  }
  return format.format(Math.trunc(difference / 1000), 'second');
}
