import { expect, it } from 'vitest';
import { type LiveTail, receive } from '@/features/events/useLiveTail';

const tail: LiveTail = { state: 'live', events: [], dropped: 0, error: undefined };
const message = (event: string, data: string) => ({ event, data, id: undefined });

it('puts new events first, each once', () => {
  const one = receive(tail, message('event', '{"id":"1"}'));
  const two = receive(receive(one, message('event', '{"id":"2"}')), message('event', '{"id":"1"}'));
  expect(two.events.map((event) => event.id)).toEqual(['2', '1']);
});

it('counts what was left out', () => {
  expect(receive(receive(tail, message('dropped', '3')), message('dropped', '{"count":4}')).dropped).toBe(7);
});

it('passes over what it does not know', () => {
  expect(receive(tail, message('news', 'x'))).toBe(tail);
});
