// The filter of events as text, in the manager's filter language (docs/filter-language.md). The text in the address bar is
// the one filter state: facets, cells, the drawer and the search box all read and change it through these functions.

export type FilterValue = string | number | boolean;

/** One comparison as the filter language writes it: `host:"web-1"`. */
export function comparison(field: string, value: FilterValue): string {
  return `${field} = ${literal(value)}`;
}

function literal(value: FilterValue): string {
  if (typeof value !== 'string') return String(value);
  return `"${value.replace(/["\\]/g, (character) => `\\${character}`)}"`;
}

interface Token {
  text: string;
  start: number;
  depth: number;
}

function* tokens(filter: string): Generator<Token> {
  let depth = 0;
  const pattern = /"(?:\\.|[^"\\])*"?|[()]|[^\s()"]+/g;
  for (const match of filter.matchAll(pattern)) {
    const text = match[0];
    if (text === ')') depth = Math.max(0, depth - 1);
    yield { text, start: match.index, depth };
    if (text === '(') depth += 1;
  }
}

/**
 * The parts of `filter` that are joined by `and` at the top level. A filter with `or` there is one part, because taking a
 * piece out of it would change its meaning.
 */
export function termsOf(filter: string): string[] {
  const cuts: Token[] = [];
  for (const token of tokens(filter)) {
    if (token.depth > 0) continue;
    const word = token.text.toLowerCase();
    if (word === 'or') return [filter.trim()];
    if (word === 'and') cuts.push(token);
  }
  const parts: string[] = [];
  let start = 0;
  for (const cut of cuts) {
    parts.push(filter.slice(start, cut.start));
    start = cut.start + cut.text.length;
  }
  parts.push(filter.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function hasTopLevelOr(filter: string): boolean {
  for (const token of tokens(filter)) if (token.depth === 0 && token.text.toLowerCase() === 'or') return true;
  return false;
}

function join(terms: string[]): string {
  if (terms.length < 2) return terms.join('');
  return terms.map((term) => (hasTopLevelOr(term) ? `(${term})` : term)).join(' and ');
}

const normal = (term: string) => term.replace(/\s+/g, ' ').toLowerCase();

/** `filter` without one of its top-level terms. */
export function without(filter: string, term: string): string {
  return join(termsOf(filter).filter((each) => normal(each) !== normal(term)));
}

/** `filter` and the given comparison; its opposite, if there, is replaced. */
export function filterIn(filter: string, field: string, value: FilterValue): string {
  const term = comparison(field, value);
  const rest = without(without(filter, `not ${term}`), term);
  return join([...termsOf(rest), term]);
}

/** `filter` and not the given comparison; its opposite, if there, is replaced. */
export function filterOut(filter: string, field: string, value: FilterValue): string {
  const term = comparison(field, value);
  const rest = without(without(filter, term), `not ${term}`);
  return join([...termsOf(rest), `not ${term}`]);
}

/** Whether the comparison is one of the top-level terms: as it is ("in"), negated ("out") or not at all. */
export function stateOf(filter: string, field: string, value: FilterValue): 'in' | 'out' | undefined {
  const term = normal(comparison(field, value));
  for (const each of termsOf(filter)) {
    if (normal(each) === term) return 'in';
    if (normal(each) === `not ${term}`) return 'out';
  }
  return undefined;
}

/** What a person typed, as a filter: plain words without any comparison are looked for in every text of an event. */
export function filterFromInput(input: string): string {
  const text = input.trim();
  if (text === '' || /[:=<>]/.test(text) || /\sin\s*\(/i.test(text)) return text;
  return `any:"*${text.replace(/["\\]/g, (character) => `\\${character}`)}*"`;
}
