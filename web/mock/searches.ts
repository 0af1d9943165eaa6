// The stand-in's kept views.
import { randomUUID } from 'node:crypto';
import { type Json, json, page, problem, type Route } from './http.ts';

const parameters: Record<string, string[]> = {
  events: ['filter', 'range', 'fold', 'order', 'from', 'to', 'live'],
  fleet: ['filter', 'state', 'group', 'smart', 'protection', 'host'],
  alerts: ['state', 'severity', 'rule'],
  incidents: ['state', 'severity'],
  audit: ['action'],
};

/** What the manager reads out of a query. */
function partsOf(query: string) {
  const search = new URLSearchParams(query);
  return { query, filter: search.get('filter') ?? '', range: search.get('range') ?? '', group_by: search.get('fold') ?? '', sort: search.get('order') ?? '' };
}

export function makeSearches(): Route[] {
  const searches: Json[] = [];
  return [
    ['GET', /^\/saved-searches$/, 'searches:read', ({ url }) => page(searches.filter((each) => [null, each.page].includes(url.searchParams.get('page'))))],
    ['POST', /^\/saved-searches$/, 'searches:write', ({ body }) => {
      const of = String(body.page ?? 'events');
      const query = String(body.query ?? '');
      const unknown = [...new URLSearchParams(query).keys()].find((key) => !parameters[of]?.includes(key));
      if (unknown) return problem(400, 'Not accepted', 'The view is not valid.', [{ pointer: '/query', detail: `the page has no '${unknown}'` }]);
      const made = { id: randomUUID(), shared: false, own: true, created: new Date().toISOString(), etag: '"1"', ...body, page: of, ...partsOf(query) };
      searches.push(made);
      return json(made, 201);
    }],
    ['PATCH', /^\/saved-searches\/([\w-]+)$/, 'searches:write', ({ params, body }) => {
      const view = searches.find((each) => each.id === params[0]);
      return view ? json(Object.assign(view, body)) : problem(404, 'Not found', 'There is no such view.');
    }],
    ['DELETE', /^\/saved-searches\/([\w-]+)$/, 'searches:write', ({ params }) => {
      searches.splice(searches.findIndex((each) => each.id === params[0]), 1);
      return new Response(null, { status: 204 });
    }],
  ];
}
