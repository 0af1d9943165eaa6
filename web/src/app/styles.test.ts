import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const src = join(import.meta.dirname, '..');
const sheets = join(src, '../node_modules/@mantine/core/styles');

it('has the style sheet of every Mantine part that is used', () => {
  const styles = readFileSync(join(src, 'app/styles.ts'), 'utf8');
  const missing = new Set<string>();
  for (const name of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.tsx')) continue;
    const text = readFileSync(join(src, name), 'utf8');
    for (const [, list = ''] of text.matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)) {
      for (const part of list.split(',').map((each) => each.trim().split(' ')[0] ?? '')) {
        if (existsSync(join(sheets, `${part}.css`)) && !styles.includes(`/${part}.css`)) missing.add(part);
      }
    }
  }
  expect([...missing]).toEqual([]);
});
