// The stand-in's smart groups, and as much of a filter over hosts as the tests need: one comparison of the name.
import { randomUUID } from 'node:crypto';
import { type Json, json, page, type Route } from './http.ts';

/** Whether a host is of a filter: `name:"web"`. */
export const isOf = (agent: { hostname: string }, filter: string) => filter === '' || agent.hostname.includes(/^name\s*[:=]\s*"?([^"*]*)/.exec(filter)?.[1] ?? '\n');

export function makeSmartGroups() {
  const groups: Json[] = [];
  const find = (id: string | null | undefined) => groups.find((each) => each.id === id);
  const filterOf = (url: URL) => url.searchParams.get('filter') ?? String(find(url.searchParams.get('smart_group_id'))?.filter ?? '');
  const routes: Route[] = [
    ['GET', /^\/smart-groups$/, 'agents:read', () => page(groups)],
    ['POST', /^\/smart-groups$/, 'agents:write', ({ body }) => {
      const group = { id: randomUUID(), created: new Date().toISOString(), etag: '"1"', ...body };
      groups.push(group);
      return json({ ...group, agents: 1 }, 201);
    }],
    ['PUT', /^\/smart-groups\/([\w-]+)$/, 'agents:write', ({ params, body }) => json({ ...Object.assign(find(params[0]) ?? {}, body), agents: 1 })],
    ['DELETE', /^\/smart-groups\/([\w-]+)$/, 'agents:write', ({ params }) => {
      groups.splice(groups.findIndex((each) => each.id === params[0]), 1);
      return new Response(null, { status: 204 });
    }],
  ];
  return { routes, filterOf };
}
