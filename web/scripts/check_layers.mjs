// The console's direction rule: app → features → ui, api, lib; features do not import one another; no long files.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const allowed = {
  app: ['app', 'features', 'ui', 'api', 'lib'],
  features: ['features', 'ui', 'api', 'lib'],
  ui: ['ui', 'api', 'lib'],
  api: ['api', 'lib'],
  lib: ['lib'],
  testing: ['app', 'features', 'ui', 'api', 'lib', 'testing', '..'],
};
const maxLines = 300;
const maxComponentLines = 150;

/** The layer and, in `features`, the feature of a path relative to src. */
const placeOf = (path) => {
  const [layer, feature] = path.split('/');
  return { layer, feature: layer === 'features' ? feature : undefined };
};

/** Why `from` must not import `to` (both relative to src), or undefined. */
export function problemOf(from, to) {
  const source = placeOf(from);
  const target = placeOf(to);
  if (/\.test\.tsx?$/.test(from) && ['testing', '..'].includes(target.layer)) return undefined;
  if (!allowed[source.layer]?.includes(target.layer)) return `${source.layer} must not import ${target.layer}`;
  if (source.feature && target.feature && source.feature !== target.feature) {
    return `feature ${source.feature} must not import feature ${target.feature}`;
  }
  return undefined;
}

/** The files that `text`, at `path` relative to src, imports of ours. */
export function importsOf(path, text) {
  const found = [];
  for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    if (target.startsWith('@/')) found.push(target.slice(2));
    else if (target.startsWith('.')) found.push(join(dirname(path), target));
  }
  return found;
}

function check(root) {
  const problems = [];
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || entry.name.endsWith('.d.ts')) continue;
    const full = join(entry.parentPath, entry.name);
    const path = relative(root, full);
    const text = readFileSync(full, 'utf8');
    const lines = text.split('\n').length - 1;
    const limit = path.endsWith('.tsx') && !path.includes('.test.') ? maxComponentLines : maxLines;
    if (lines > limit) problems.push(`${path}: ${lines} lines, the limit is ${limit}`);
    for (const target of importsOf(path, text)) {
      const problem = problemOf(path, target);
      if (problem) problems.push(`${path}: imports ${target}: ${problem}`);
    }
  }
  return problems;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = check(resolve(dirname(fileURLToPath(import.meta.url)), '../src'));
  for (const problem of problems) console.error(problem);
  process.exit(problems.length ? 1 : 0);
}
