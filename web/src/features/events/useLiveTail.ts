// Events as they come. The connection is made again by itself, from where it broke off.
import { useEffect, useState } from 'react';
import { openStream } from '@/api/client';
import { statusOf } from '@/api/problem';
import type { Event } from '@/api/types';
import { readEvents, type ServerEvent } from '@/lib/sse';

const maxEvents = 2000;
const maxDelayMs = 30_000;

export interface LiveTail {
  state: 'off' | 'connecting' | 'live' | 'refused';
  events: Event[];
  dropped: number;
  error: unknown;
}

const off: LiveTail = { state: 'off', events: [], dropped: 0, error: undefined };
const connecting: LiveTail = { ...off, state: 'connecting' };

/** The tail after one more server-sent event; newest first. */
export function receive(tail: LiveTail, message: ServerEvent): LiveTail {
  if (message.event === 'dropped') {
    const count = Number.parseInt(message.data.replace(/\D+/g, ''), 10);
    return { ...tail, dropped: tail.dropped + (Number.isNaN(count) ? 1 : count) };
  }
  if (message.event !== 'event') return tail;
  const event = JSON.parse(message.data) as Event;
  if (tail.events.some((each) => each.id === event.id)) return tail;
  return { ...tail, events: [event, ...tail.events].slice(0, maxEvents) };
}

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

async function follow(filter: string, signal: AbortSignal, update: (change: (tail: LiveTail) => LiveTail) => void) {
  let lastId: string | undefined;
  const path = `/events/tail${filter ? `?${new URLSearchParams({ filter }).toString()}` : ''}`;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      const response = await openStream(path, signal, lastId);
      failures = 0;
      update((tail) => ({ ...tail, state: 'live', error: undefined }));
      await readEvents(response, (message) => {
        lastId = message.id ?? lastId;
        update((tail) => receive(tail, message));
      });
    } catch (error) {
      if (signal.aborted) return;
      const status = statusOf(error);
      if (status >= 400 && status < 500 && status !== 429) {
        update((tail) => ({ ...tail, state: 'refused', error }));
        return;
      }
    }
    if (signal.aborted) return;
    update((tail) => ({ ...tail, state: 'connecting' }));
    await wait(Math.random() * Math.min(maxDelayMs, 1000 * 2 ** failures), signal);
  }
}

export function useLiveTail(enabled: boolean, filter: string): LiveTail {
  const [followed, setFollowed] = useState<{ filter: string; tail: LiveTail }>({ filter, tail: connecting });
  useEffect(() => {
    if (!enabled) return undefined;
    const abort = new AbortController();
    void follow(filter, abort.signal, (change) => {
      if (abort.signal.aborted) return;
      setFollowed((before) => ({ filter, tail: change(before.filter === filter ? before.tail : connecting) }));
    });
    return () => {
      abort.abort();
      setFollowed({ filter, tail: connecting });
    };
  }, [enabled, filter]);
  if (!enabled) return off;
  return followed.filter === filter ? followed.tail : connecting;
}
