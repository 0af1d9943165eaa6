// Roles: those that came with the product, and the tenant's own.
import { type Json, json, page, problem, type Route } from './http.ts';

export function makeRoles(builtIn: string[], allRights: string[]): Route[] {
  const roles: Json[] = builtIn.map((name) => ({ name, description: name, rights: allRights, built_in: true, etag: '"1"' }));
  const of = (name: string | undefined) => roles.find((each) => each.name === name);
  return [
    ['GET', /^\/roles$/, 'roles:read', () => page(roles)],
    ['POST', /^\/roles$/, 'roles:write', ({ body }) => {
      if (of(String(body.name))) return problem(409, 'Conflict', 'There is a role of this name.');
      const role = { description: '', built_in: false, etag: '"1"', ...body };
      roles.push(role);
      return json(role, 201);
    }],
    ['PATCH', /^\/roles\/([\w-]+)$/, 'roles:write', ({ params, body }) => json(Object.assign(of(params[0]) ?? {}, body, { etag: '"2"' }))],
    ['DELETE', /^\/roles\/([\w-]+)$/, 'roles:write', ({ params }) => {
      roles.splice(roles.findIndex((each) => each.name === params[0]), 1);
      return new Response(null, { status: 204 });
    }],
  ];
}
