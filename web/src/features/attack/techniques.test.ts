import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countTechniques, parentOf, techniques } from '@/features/attack/techniques';

test('each technique that a rule of the product names is in the matrix', () => {
  const folder = join(import.meta.dirname, '../../../../content/loginspection');
  const known = new Set(techniques.map((each) => each.id));
  const unknown = new Set<string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/rules[^/]*\.xml$/.test(name)) continue;
    for (const [, id = ''] of readFileSync(join(folder, name), 'utf8').matchAll(/<id>(T\d{4}(?:\.\d{3})?)<\/id>/g)) if (!known.has(parentOf(id))) unknown.add(id);
  }
  expect([...unknown]).toEqual([]);
});

test('an event counts once for a technique, whichever of its sub-techniques it names', () => {
  const counts = countTechniques([
    { list: 'T1110.001,T1110.003', count: 5 },
    { list: 'T1110', count: 2 },
    { list: 'T1078, T1110', count: 1 },
    { list: 'nothing', count: 9 },
  ]);
  expect([...counts]).toEqual([['T1110', 8], ['T1078', 1]]);
});
