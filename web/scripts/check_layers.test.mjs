import { expect, it } from 'vitest';
import { importsOf, problemOf } from './check_layers.mjs';

it.each([
  ['app/router.tsx', 'features/events/search', undefined],
  ['features/events/a.ts', 'features/events/b', undefined],
  ['features/events/a.ts', 'features/fleet/b', 'feature events must not import feature fleet'],
  ['ui/a.tsx', 'features/events/b', 'ui must not import features'],
  ['lib/a.ts', 'api/client', 'lib must not import api'],
  ['features/events/a.test.tsx', 'testing/renderApp', undefined],
  ['features/events/a.tsx', 'testing/renderApp', 'features must not import testing'],
])('%s → %s', (from, to, expected) => {
  expect(problemOf(from, to)).toBe(expected);
});

it('finds imports of every form', () => {
  const text = "import a from '@/lib/a';\nimport type { B } from '../b';\nconst c = () => import('@/ui/c');\nimport '@/app/styles';\nimport React from 'react';";
  expect(importsOf('features/x/file.ts', text)).toEqual(['lib/a', 'features/b', 'ui/c', 'app/styles']);
});
