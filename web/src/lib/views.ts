// Views: what a page shows, kept under a name. All of it is in the page's address, so a view is that address.

export const viewPages = ['events', 'fleet', 'alerts', 'incidents', 'audit'] as const;
export type ViewPage = (typeof viewPages)[number];

/** What is open beside a list is not part of what the list shows. */
const opened = new Set(['event', 'alert']);

/** All that the address says of what the page shows, as a query string. */
export function queryOf(search: Readonly<Record<string, unknown>>): string {
  const kept = Object.entries(search).filter(([key, value]) => value !== undefined && value !== '' && !opened.has(key));
  return new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
}

/** Where a view is: a link to it is shared by its address. */
export const addressOf = (page: ViewPage, query: string) => (query ? `/${page}?${query}` : `/${page}`);

/** A view's state in words, part by part: a filter as it is, anything else with its name. */
export const wordsOf = (query: string) => [...new URLSearchParams(query)].map(([key, value]) => (key === 'filter' ? value : `${key}=${value}`));

const inOrder = (query: string) => [...new URLSearchParams(query)].map((pair) => pair.join('=')).toSorted().join('&');

/** Whether two query strings say the same, in whatever order. */
export const isSameQuery = (one: string, other: string) => inOrder(one) === inOrder(other);
