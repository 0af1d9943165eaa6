import { expect, it } from 'vitest';
import { makeEventParser } from '@/lib/sse';

const stream = ': hello\n\nid: 7\nevent: event\ndata: {"a":1}\n\nevent: dropped\r\ndata: 3\r\n\r\ndata: x\ndata: y\n\n';
const expected = [
  { event: 'event', data: '{"a":1}', id: '7' },
  { event: 'dropped', data: '3', id: '7' },
  { event: 'message', data: 'x\ny', id: '7' },
];

it('reads events', () => {
  expect(makeEventParser()(stream)).toEqual(expected);
});

it('gives the same wherever the stream is cut', () => {
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const parse = makeEventParser();
    expect([...parse(stream.slice(0, cut)), ...parse(stream.slice(cut))]).toEqual(expected);
  }
});

it('waits for the end of an event', () => {
  expect(makeEventParser()('data: x\n')).toEqual([]);
});
