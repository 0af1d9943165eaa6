// The wall clock of a place: what it shows at a moment, and when it shows something.

export interface WallDate {
  year: number;
  /** 1 to 12; others are carried, and so are days. */
  month: number;
  day: number;
}
export interface WallTime extends WallDate {
  hour: number;
  minute: number;
}

const dayMs = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  const made =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' });
  formats.set(zone, made);
  return made;
}

export function isZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** What the wall shows, as if it were UTC. */
function shownAt(time: number, zone: string): number {
  const parts = Object.fromEntries(formatOf(zone).formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute, parts.second);
}

const offsetAt = (time: number, zone: string): number => shownAt(time, zone) - Math.floor(time / 1000) * 1000;

/** The date on the wall at a moment. */
export function dateAt(time: number, zone: string): WallDate {
  const shown = new Date(shownAt(time, zone));
  return { year: shown.getUTCFullYear(), month: shown.getUTCMonth() + 1, day: shown.getUTCDate() };
}

/** The day of the week, Monday is 0. */
export const weekdayOf = ({ year, month, day }: WallDate): number => (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;

/** When the wall shows this. Of an hour that is skipped its end, of one that comes twice the first. */
export function momentOf({ year, month, day, hour, minute }: WallTime, zone: string): number {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  const [before, after] = [offsetAt(wanted - dayMs, zone), offsetAt(wanted + dayMs, zone)];
  const fits = [wanted - before, wanted - after].filter((time) => shownAt(time, zone) === wanted);
  return fits.length > 0 ? Math.min(...fits) : changeBetween(wanted - dayMs, wanted + dayMs, zone);
}

/** When the clocks are moved, to the second; they are, once, between the two. */
function changeBetween(from: number, to: number, zone: string): number {
  const before = offsetAt(from, zone);
  let [early, late] = [Math.floor(from / 1000), Math.ceil(to / 1000)];
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (offsetAt(middle * 1000, zone) === before) early = middle;
    else late = middle;
  }
  return late * 1000;
}

/** "2026-11-30 08:00" on the wall. */
export const formatWall = (time: number, zone: string): string => new Date(shownAt(time, zone)).toISOString().slice(0, 16).replace('T', ' ');
