import { describe, expect, it } from 'vitest';
import { comparison, filterFromInput, filterIn, filterOut, stateOf, termsOf, without } from '@/lib/filter';

describe('comparison', () => {
  it.each([
    ['host', 'web-1', 'host = "web-1"'],
    ['file.path', 'a "b" \\ c', 'file.path = "a \\"b\\" \\\\ c"'],
    ['file.size', 12, 'file.size = 12'],
    ['truncated', true, 'truncated = true'],
  ])('writes %s %s', (field, value, expected) => {
    expect(comparison(field, value)).toBe(expected);
  });
});

describe('termsOf', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['severity>=high', ['severity>=high']],
    ['a = 1 and b = 2', ['a = 1', 'b = 2']],
    ['a = 1 AND not b = 2', ['a = 1', 'not b = 2']],
    ['host = "x and y" and b = 2', ['host = "x and y"', 'b = 2']],
    ['(a = 1 and b = 2) and c = 3', ['(a = 1 and b = 2)', 'c = 3']],
    ['a = 1 or b = 2', ['a = 1 or b = 2']],
    ['(a = 1 or b = 2) and c = 3', ['(a = 1 or b = 2)', 'c = 3']],
    ['band = 1 and android = 2', ['band = 1', 'android = 2']],
    ['a = "open', ['a = "open']],
  ])('splits %s', (filter, expected) => {
    expect(termsOf(filter)).toEqual(expected);
  });
});

describe('filterIn and filterOut', () => {
  it('add to an empty filter', () => {
    expect(filterIn('', 'host', 'a')).toBe('host = "a"');
    expect(filterOut('', 'host', 'a')).toBe('not host = "a"');
  });
  it('keep what is there', () => {
    expect(filterIn('severity>=high', 'host', 'a')).toBe('severity>=high and host = "a"');
  });
  it('put an or into parentheses', () => {
    expect(filterIn('a = 1 or b = 2', 'host', 'a')).toBe('(a = 1 or b = 2) and host = "a"');
  });
  it('replace their opposite and never repeat', () => {
    expect(filterOut('host = "a"', 'host', 'a')).toBe('not host = "a"');
    expect(filterIn('not host = "a" and b = 2', 'host', 'a')).toBe('b = 2 and host = "a"');
    expect(filterIn('host = "a"', 'host', 'a')).toBe('host = "a"');
  });
});

describe('stateOf', () => {
  it('knows in, out and neither', () => {
    expect(stateOf('b = 2 and host = "a"', 'host', 'a')).toBe('in');
    expect(stateOf('NOT  host = "a"', 'host', 'a')).toBe('out');
    expect(stateOf('host = "ab"', 'host', 'a')).toBeUndefined();
  });
});

it('without takes one term away', () => {
  expect(without('a = 1 and b = 2 and c = 3', 'b = 2')).toBe('a = 1 and c = 3');
});

it.each([
  ['', ''],
  [' severity>=high ', 'severity>=high'],
  ['host in (a,b)', 'host in (a,b)'],
  ['passwd', 'any:"*passwd*"'],
  ['web "one"', 'any:"*web \\"one\\"*"'],
])('filterFromInput takes %s', (input, expected) => {
  expect(filterFromInput(input)).toBe(expected);
});
