// Lengths of time, as people say them.

const steps: [string, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** "2 h 5 min", "3 days 4 h", "42 s": the two largest units. */
export function formatDuration(seconds: number, locale: string): string {
  const rest = Math.max(0, Math.round(seconds));
  const first = steps.findIndex(([, size]) => rest >= size);
  if (first < 0) return write(0, 'second', locale);
  const parts: string[] = [];
  let left = rest;
  for (const [unit, size] of steps.slice(first, first + 2)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(write(count, unit, locale));
  }
  return parts.join(' ');
}

function write(value: number, unit: string, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}
