// What a change of tags does to events, worked out before it is asked for: how it is sent, and how it is taken back.
import type { Event } from '@/api/types';

export interface Tagging {
  ids: string[];
  add?: string[];
  remove?: string[];
}
export type TagChange = 'add' | 'remove';

/** How many events one request may name. */
export const maxTagged = 1000;

const has = (event: Event, tag: string) => (event.tags ?? []).includes(tag);

/** The requests that put `tag` on the events or take it off, without those that are so already: taking it back leaves these alone. */
export function taggingsOf(events: readonly Event[], change: TagChange, tag: string): Tagging[] {
  const ids = events.filter((event) => has(event, tag) === (change === 'remove')).map((event) => event.id);
  const taggings: Tagging[] = [];
  for (let at = 0; at < ids.length; at += maxTagged) taggings.push({ ids: ids.slice(at, at + maxTagged), [change]: [tag] });
  return taggings;
}

export const reversed = ({ ids, add, remove }: Tagging): Tagging => ({ ids, ...(add ? { remove: add } : {}), ...(remove ? { add: remove } : {}) });

/** The tags that any of the events has, the most frequent first. */
export function tagsOf(events: readonly Event[]): string[] {
  const counts = new Map<string, number>();
  for (const event of events) for (const tag of event.tags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([tag]) => tag);
}
