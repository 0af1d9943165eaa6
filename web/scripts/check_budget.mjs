// Fails when what the first page needs (entry, its static imports, its style sheets) or a lazy chunk is too heavy.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const entryBudget = 250_000;
const chunkBudget = 230_000;

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const sizeOf = (path) => {
  try {
    return statSync(`${path}.gz`).size;
  } catch {
    return statSync(path).size;
  }
};

const html = readFileSync(join(dist, 'index.html'), 'utf8');
const first = new Set([...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => join(dist, match[1])));
for (const path of first) {
  if (!path.endsWith('.js')) continue;
  for (const [, target] of readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*["'](\.\/[^"']+\.js)["']/g)) {
    first.add(join(dirname(path), target));
  }
}

const entry = [...first].reduce((sum, path) => sum + sizeOf(path), 0);
const problems = [];
if (entry > entryBudget) problems.push(`the entry is ${entry} bytes gzip, the budget is ${entryBudget}`);
for (const name of readdirSync(join(dist, 'assets'))) {
  const path = join(dist, 'assets', name);
  if (!/\.(js|css)$/.test(name) || first.has(path)) continue;
  if (sizeOf(path) > chunkBudget) problems.push(`${name} is ${sizeOf(path)} bytes gzip, the budget is ${chunkBudget}`);
}
if (!html.includes('__CSP_NONCE__')) problems.push('index.html has no place for the nonce');
if (/<script(?![^>]*\bsrc=)/.test(html) || /<style/.test(html)) problems.push('index.html has inline code or styles');
console.log(`entry: ${(entry / 1000).toFixed(1)} kB gzip of ${entryBudget / 1000} kB`);
for (const problem of problems) console.error(problem);
process.exit(problems.length ? 1 : 0);
