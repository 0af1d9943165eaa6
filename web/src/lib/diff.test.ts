import { expect, it } from 'vitest';
import { diffDocuments } from '@/lib/diff';

it('finds what was added, changed and taken away', () => {
  const was = { a: { same: 1, changed: ['x'], gone: true } };
  const is = { a: { same: 1, changed: ['x', 'y'] }, b: { added: 'z' } };
  expect(diffDocuments(was, is)).toEqual([
    { section: 'a', key: 'changed', was: ['x'], is: ['x', 'y'] },
    { section: 'a', key: 'gone', was: true, is: undefined },
    { section: 'b', key: 'added', was: undefined, is: 'z' },
  ]);
});

it('finds nothing between equals', () => {
  expect(diffDocuments({ a: { b: [1] } }, { a: { b: [1] } })).toEqual([]);
});
