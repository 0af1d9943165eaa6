import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';
import { ranges } from '@/lib/time';

/** The whole state of the events page, as its address shows it. */
export const eventsSearch = z.object({
  filter: lenient(z.string().check(z.maxLength(8192))),
  range: lenient(z.enum(ranges)),
  from: lenient(z.iso.datetime()),
  to: lenient(z.iso.datetime()),
  live: lenient(z.literal('1')),
  event: lenient(z.uuid()),
  order: lenient(z.literal('rank')),
  /** Fields, comma-separated, by whose values repeats are folded. */
  fold: lenient(z.string().check(z.regex(/^[a-z0-9_.]+(,[a-z0-9_.]+){0,3}$/))),
});
export type EventsSearch = z.infer<typeof eventsSearch>;
