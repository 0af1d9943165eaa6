// A stand-in for the manager: the REST contract over things in memory. The component tests and the console's developers
// use it; the browser tests run against a real manager as well.
import { randomUUID } from 'node:crypto';
import { makeAlerting } from './alerts.ts';
import { makeAudit } from './audit.ts';
import { makeCertificates } from './certificates.ts';
import { changeRoutes } from './changes.ts';
import { makeAgents, makeEvent, type MockEvent, policySchema } from './data.ts';
import { parseFilter } from './filter.ts';
import { type Call, type Json, json, page, problem, type Route } from './http.ts';
import { incidentRights, makeIncidents } from './incidents.ts';
import { makeHealth } from './health.ts';
import { makeDashboard } from './dashboard.ts';
import { needsPermit, outputOf } from './commands.ts';
import { firewallRules } from './firewall.ts';
import { makeOperations } from './operations.ts';
import { makeTrust } from './trust.ts';
import { makeWrittenPolicies } from './policies.ts';
import { makeReports } from './reports.ts';
import { makeRollouts } from './rollouts.ts';
import { makeRoles } from './roles.ts';
import { makeRules } from './rules.ts';
import { makeSearches } from './searches.ts';
import { isOf, makeSmartGroups } from './smart_groups.ts';
import { inventoryItems, inventoryLists, inventoryVersions } from './inventory.ts';

export const oneTimePassword = 'One-time-1';
const recoveryCodes = ['ABCD-EFGH-IJKL-MNOP', 'QRST-UVWX-YZ23-4567'];
const passwordRules = { min_length: 12, letters_and_digits: true, both_cases: true, no_personal_words: true };
const passwordPolicy = { profile: 'pci-4.0.1+seed', profile_version: 1, overrides: {}, rules: passwordRules, second_factor_roles: [], breaks: [], etag: '"0"' };
const builtInRoles = ['full-access', 'auditor', 'operator', 'soc-analyst', 'infosec'];
const allRights = ['users', 'agents', 'policies', 'content', 'roles', 'api-keys', 'commands', 'destinations', 'access-policy', 'sso', 'alerts'].flatMap((each) => [`${each}:read`, `${each}:write`])
  .concat(['events:read', 'events:explain', 'events:tag', 'searches:read', 'searches:write', 'searches:share', 'audit:read', 'approvals:read', 'approvals:request', 'approvals:decide', 'tenants:read', 'tenants:write', 'access-grants:read', 'access-grants:request', 'access-grants:decide', 'keys:read', 'keys:write', 'backups:read', 'backups:write', 'system:read', ...incidentRights, 'commands:request', 'alerts:work', 'notices:read', 'notices:write', 'rotas:read', 'rotas:write',
    'pseudonyms:resolve', 'retention:write', 'trust:read', 'trust:write', 'trust:review', 'trust:release', 'privacy:read', 'privacy:write', 'subjects:read', 'subjects:write', 'reports:read', 'reports:write']);

const rightsOf = (role: string) =>
  allRights.filter((right) => (role === 'auditor' ? right.endsWith(':read') : role === 'infosec' ? /^(events|audit|searches):read$/.test(right) : role === 'operator' ? /^(agents|policies|commands|approvals|events|content|searches):/.test(right) : /^events:|^searches:|^agents:read$/.test(right)));

const publicEvent = ({ titles, ...event }: MockEvent, request: Request) => ({
  ...event,
  title: request.headers.get('accept-language')?.startsWith('ja') ? titles.ja : titles.en,
});
const valueOf = (event: MockEvent, field: string) => (field === 'host.name' ? event.host : (event as unknown as Json)[field] ?? event.fields[field]);
const facet = (chosen: MockEvent[], field: string) => {
  const counts = new Map<unknown, number>();
  for (const event of chosen) counts.set(valueOf(event, field), (counts.get(valueOf(event, field)) ?? 0) + 1);
  return { field, values: [...counts].map(([value, count]) => ({ value, count })).toSorted((a, b) => b.count - a.count).slice(0, 8) };
};
const stale = (request: Request, etag: string) =>
  request.headers.get('if-match') === etag ? undefined : problem(412, 'Precondition failed', 'The object has changed since it was read.');

export interface MockOptions {
  now?: number;
  events?: number;
  /** Already logged in, with these rights. */
  rights?: string[];
  mustChange?: boolean;
  /** A second factor is demanded, and there is none. */
  mustEnrol?: boolean;
  /** What the second factor's code is. */
  code?: string;
}

export function makeMockManager(options: MockOptions = {}) {
  const now = options.now ?? Date.now();
  const agents = makeAgents(now);
  const events: MockEvent[] = Array.from({ length: options.events ?? 400 }, (_, index) =>
    makeEvent(index, new Date(now - index * 190_000 - (index % 7) * 11_000), agents),
  ).toSorted((left, right) => right.time.localeCompare(left.time));
  const me = {
    id: randomUUID(), username: 'admin', display_name: 'Administrator', email: null as string | null, roles: ['full-access'], scoped_roles: [], locale: 'en',
    disabled: false, created: new Date(now - 86_400_000).toISOString(), last_login: new Date(now).toISOString(), etag: '"u1"',
  };
  const users = [me];
  const apiKeys: Json[] = [];
  const destinations: Json[] = [];
  const deadLetters: { destination: string; gone: boolean; event_id: string; time: string; noted: string; reason: string; retry: boolean }[] = [];
  const providers: Json[] = [];
  const accessPolicy: Json = { rules: [], certificate_alone: false, etag: '"0"' };
  const sessions: Json[] = ['0193a0a4-0000-7000-8000-000000000001', '0193a0a4-0000-7000-8000-000000000002'].map((id, index) => ({
    id, kind: index === 0 ? 'browser' : 'bearer', method: index === 0 ? 'password+totp' : 'password', address: '192.0.2.7', created: new Date(now - 3_600_000).toISOString(),
    last_used: new Date(now - 60_000).toISOString(), expires: new Date(now + 36_000_000).toISOString(), current: index === 0,
  }));
  const base = { id: randomUUID(), name: 'Base', description: 'What holds everywhere.', parent_id: null as string | null, document: { integrity: { rescan_s: 1800 } } as Json, version: 1, modified: new Date(now - 86_400_000).toISOString(), modified_by: 'system', agents: 3, etag: '"1"' };
  const policies = [base];
  const goldenHosts = new Map<string, Json>();
  const goldenHost = (id: string): Json => ({
    policy_id: id, ...(goldenHosts.get(id) ?? { agent_id: null, hostname: null, named: null, named_by: null, changes: 0 }),
  });
  const versions = new Map<string, Json[]>([[base.id, [{ version: 1, document: base.document, name: 'Base', modified: base.modified, modified_by: 'system' }]]]);
  const groups: Json[] = [];
  const smart = makeSmartGroups();
  const tokens: Json[] = [];
  const commands: Json[] = [];
  const approvals: Json[] = [
    { id: randomUUID(), action: 'content.import', object: 'rules-2026-11', reason: 'Monthly rules', requester: randomUUID(), approver: null, state: 'pending', created: new Date(now).toISOString(), expires: new Date(now + 86_400_000).toISOString(), decided: null },
  ];
  const audit = makeAudit();
  const tails = new Set<(event: MockEvent) => void>();
  const state = { rights: options.rights, mustChange: options.mustChange ?? false, password: oneTimePassword, mustEnrol: options.mustEnrol ?? false, code: options.code };

  const { log } = audit;
  const session = () => ({ user: me, tenant: { id: 'primary', name: 'primary' }, rights: state.rights, csrf_token: 'csrf', expires: new Date(now + 3_600_000).toISOString(), must_change_password: state.mustChange, must_enrol: state.mustEnrol, password_expires: null, previous_login: new Date(now - 86_400_000).toISOString(), previous_address: '192.0.2.7' });
  const select = ({ url }: Call) => {
    const test = parseFilter(url.searchParams.get('filter') ?? '');
    const from = url.searchParams.get('from') ?? '';
    const to = url.searchParams.get('to') ?? '9999';
    return events.filter((event) => event.time >= from && event.time < to && test(event));
  };
  const histogram = (call: Call) => {
    const start = new Date(call.url.searchParams.get('from') ?? now - 86_400_000).getTime();
    const end = new Date(call.url.searchParams.get('to') ?? Date.now()).getTime();
    const count = 60;
    const interval = Math.max(1, Math.ceil((end - start) / count / 1000));
    const buckets = Array.from({ length: count }, (_, index) => ({ time: new Date(start + index * interval * 1000).toISOString(), counts: {} as Record<string, number> }));
    for (const event of select(call)) {
      const bucket = buckets[Math.floor((new Date(event.time).getTime() - start) / interval / 1000)];
      if (bucket) bucket.counts[event.severity] = (bucket.counts[event.severity] ?? 0) + 1;
    }
    return json({ interval_s: interval, buckets });
  };
  const list = (call: Call) => {
    const chosen = select(call);
    if (call.url.searchParams.get('order') === 'rank') chosen.sort((a, b) => b.rank - a.rank);
    const offset = Number(call.url.searchParams.get('cursor') ?? 0);
    const limit = Number(call.url.searchParams.get('limit') ?? 100);
    return json({ items: chosen.slice(offset, offset + limit).map((event) => publicEvent(event, call.request)), next_cursor: offset + limit < chosen.length ? String(offset + limit) : null });
  };
  const tail = ({ request, url }: Call) => {
    const test = parseFilter(url.searchParams.get('filter') ?? '');
    const encoder = new TextEncoder();
    let send: ((event: MockEvent) => void) | undefined;
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(encoder.encode(': open\n\n'));
        send = (event) => {
          if (test(event)) controller.enqueue(encoder.encode(`id: ${event.id}\nevent: event\ndata: ${JSON.stringify(publicEvent(event, request))}\n\n`));
        };
        tails.add(send);
      },
      cancel() {
        if (send) tails.delete(send);
      },
    });
    return new Response(stream, { headers: { 'Content-Type': 'text/event-stream' } });
  };
  const effective = (id: string) => {
    const policy = policies.find((each) => each.id === id) ?? base;
    const chain: typeof policies = [];
    for (let each: typeof base | undefined = policy; each; each = policies.find((other) => other.id === each?.parent_id)) chain.push(each);
    return Object.entries(policySchema.properties).flatMap(([section, schema]) =>
      Object.entries(schema.properties as Record<string, Json>).map(([key, setting]) => {
        const setter = chain.find((each) => (each.document[section] as Json | undefined)?.[key] !== undefined);
        return { section, key, value: setter ? (setter.document[section] as Json)[key] : setting.default, origin: setter ? { id: setter.id, name: setter.name } : null };
      }),
    );
  };
  const keepVersion = (policy: typeof base) => versions.get(policy.id)?.unshift({ version: policy.version, document: policy.document, name: policy.name, modified: policy.modified, modified_by: policy.modified_by });
  const changePolicy = (policy: typeof base, change: Json) => {
    Object.assign(policy, change, { version: policy.version + 1, modified: new Date().toISOString(), modified_by: 'admin', etag: `"${policy.version + 1}"` });
    keepVersion(policy);
    log('policy.update', policy.name);
    return json(policy);
  };

  const routes: Route[] = [
    ['POST', /^\/session$/, undefined, ({ body }) => {
      const role = ['auditor', 'operator', 'soc-analyst', 'infosec'].find((each) => each === body.username);
      if (role && body.password === 'Brave-New-Kettle-9') {
        state.rights = rightsOf(role);
        return json(session());
      }
      if (body.username !== 'admin' || body.password !== state.password) return problem(401, 'Unauthorized', 'Wrong user name or password.');
      if (state.code && body.code === undefined) return json({ needs: 'code', passkey: null }, 202);
      if (state.code && body.code !== state.code && !recoveryCodes.includes(String(body.code))) return problem(401, 'Unauthorized', 'Wrong user name or password.');
      state.rights = allRights;
      state.mustChange = state.password === oneTimePassword;
      log('session.login', 'admin');
      return json(session());
    }],
    ['GET', /^\/sso\/[^/]+\/providers$/, undefined, () => json({ items: [{ id: '01935f00-0000-7000-8000-000000000001', name: 'Example ID', kind: 'oidc' }], next_cursor: null })],
    ['GET', /^\/session$/, 'self', () => json(session())],
    ['DELETE', /^\/session$/, 'self', () => {
      state.rights = undefined;
      return new Response(null, { status: 204 });
    }],
    ['PUT', /^\/session\/password$/, 'self', ({ body }) => {
      if (body.current !== state.password) return problem(422, 'Not accepted', 'The password is wrong.', [{ pointer: '/current', detail: 'The current password is wrong.' }]);
      if (!/[A-Z]/.test(String(body.new)) || !/\d/.test(String(body.new))) return problem(422, 'Not accepted', 'Too weak.', [{ pointer: '/new', detail: 'Needs an upper-case letter and a digit.' }]);
      state.password = String(body.new);
      state.mustChange = false;
      return new Response(null, { status: 204 });
    }],
    ['GET', /^\/session\/second-factor$/, 'self', () => json({ since: state.code ? new Date(now).toISOString() : null, recovery_codes: state.code ? 10 : 0, passkeys: 0, passkeys_available: false, demanded: state.mustEnrol })],
    ['POST', /^\/session\/second-factor$/, 'self', () => json({ secret: 'GEZDGNBVGY3TQOJQ', uri: 'otpauth://totp/Warder:admin?secret=GEZDGNBVGY3TQOJQ&issuer=Warder' })],
    ['PUT', /^\/session\/second-factor$/, 'self', ({ body }) => {
      if (body.code !== '123456') return problem(400, 'Not accepted', 'Not the code.', [{ pointer: '/code', detail: 'Not the code of this moment.' }]);
      state.code = '123456';
      state.mustEnrol = false;
      return json({ recovery_codes: recoveryCodes });
    }],
    ['POST', /^\/session\/second-factor\/removal$/, 'self', () => {
      state.code = undefined;
      return new Response(null, { status: 204 });
    }],
    ['DELETE', /^\/users\/([\w-]+)\/second-factor$/, 'users:write', () => new Response(null, { status: 204 })],
    ['GET', /^\/password-policy$/, 'self', () => json(passwordPolicy)],
    ['GET', /^\/events$/, 'events:read', list],
    ['GET', /^\/events\/facets$/, 'events:read', (call) => {
      const chosen = select(call);
      return json({ facets: (call.url.searchParams.get('fields') ?? '').split(',').map((field) => facet(chosen, field)), total: chosen.length });
    }],
    ['GET', /^\/events\/histogram$/, 'events:read', histogram],
    ['GET', /^\/events\/groups$/, 'events:read', (call) => {
      const folded = new Map<string, MockEvent[]>();
      for (const event of select(call)) folded.set(`${event.type}\n${event.host}`, [...(folded.get(`${event.type}\n${event.host}`) ?? []), event]);
      const groups = [...folded.values()].map((same) => ({
        values: [same[0]?.type, same[0]?.host], count: same.length, first: same.at(-1)?.time, last: same[0]?.time, severity: same[0]?.severity, latest: same[0] && publicEvent(same[0], call.request),
      }));
      return json({ by: ['type', 'host.name'], groups, total: groups.length });
    }],
    ['POST', /^\/events\/tags$/, 'events:tag', ({ body }) => {
      const chosen = events.filter((event) => (body.ids as string[]).includes(event.id));
      for (const event of chosen) event.tags = [...new Set([...event.tags, ...((body.add as string[] | undefined) ?? [])])].filter((tag) => !(body.remove as string[] | undefined)?.includes(tag)).toSorted();
      return json({ changed: chosen.length, complete: true });
    }],
    ...makeSearches(),
    ['GET', /^\/events\/tail$/, 'events:read', tail],
    ['GET', /^\/events\/(?!retention)([\w-]+)$/, 'events:read', ({ params, request }) => {
      const event = events.find((each) => each.id === params[0]);
      return event ? json(publicEvent(event, request)) : problem(404, 'Not found', 'There is no such event.');
    }],
    ['GET', /^\/event-fields$/, 'events:read', () => json({ items: [
      { key: 'file.path', type: 'text', personal_data: 'none', doc: 'The path of the file.' },
      { key: 'user.name', type: 'text', personal_data: 'identifier', doc: 'The user who did it.' },
    ] })],
    ['GET', /^\/agents$/, 'agents:read', ({ url }) => page(agents.filter((agent) => isOf(agent, smart.filterOf(url)) &&
      (url.searchParams.get('protection') !== 'none' || agent.state === 'offline') && (!url.searchParams.get('state') || agent.state === url.searchParams.get('state')) && agent.hostname.includes(url.searchParams.get('hostname') ?? '')))],
    ['GET', /^\/agents\/summary$/, 'agents:read', ({ url }) => (smart.filterOf(url).includes('severity') ? problem(400, 'Bad request', "filter:1: there is no field 'severity'") : undefined) ?? json({ agents: agents.filter((agent) => isOf(agent, smart.filterOf(url))).length, online: 2, offline: 1, unprotected: 1, degraded_modules: 1, pending_policies: 1, events_last_24h: { medium: 120, high: 40 } })],
    ['GET', /^\/agents\/([\w-]+)$/, 'agents:read', ({ params }) => {
      const agent = agents.find((each) => each.id === params[0]);
      return agent ? json(agent) : problem(404, 'Not found', 'There is no such agent.');
    }],
    ['PATCH', /^\/agents\/([\w-]+)$/, 'agents:write', ({ params, body, request }) => {
      const agent = agents.find((each) => each.id === params[0]);
      if (!agent) return problem(404, 'Not found', 'There is no such agent.');
      return stale(request, agent.etag) ?? json(Object.assign(agent, body));
    }],
    ['GET', /^\/agents\/([\w-]+)\/inventory$/, 'agents:read', () => json({ lists: inventoryLists(now), system: null })],
    ['GET', /^\/agents\/([\w-]+)\/inventory\/([\w-]+)$/, 'agents:read', ({ params, url }) => page(inventoryItems(agents, params[1] ?? '', url).filter((each) => each.agent_id === params[0]))],
    ['GET', /^\/agents\/([\w-]+)\/recommendations$/, 'agents:read', () => page([{ id: 'nginx', module: 'log-inspection', title: 'nginx: access and error logs', reason: 'package nginx 1.22.1-9' }])],
    ['GET', /^\/inventory\/([\w-]+)\/versions$/, 'agents:read', ({ params, url }) => page(inventoryVersions(agents, params[0] ?? '', url))],
    ['GET', /^\/inventory\/([\w-]+)$/, 'agents:read', ({ params, url }) => page(inventoryItems(agents, params[0] ?? '', url))],
    ['GET', /^\/agents\/([\w-]+)\/commands$/, 'commands:read', ({ params }) => page(commands.filter((each) => each.agent_id === params[0]))],
    ['POST', /^\/agents\/([\w-]+)\/commands$/, 'commands:request', ({ params, body, url }) => {
      const refusal = needsPermit(params[0] ?? '', body, url.searchParams.get('approval_id'), approvals);
      if (refusal) return refusal;
      const command = { id: randomUUID(), agent_id: params[0], module: '', state: 'succeeded', error: null, output: outputOf(body), created: new Date().toISOString(), finished: new Date().toISOString(), ...body };
      commands.unshift(command);
      return json(command, 202);
    }],
    ['POST', /^\/agents\/([\w-]+)\/maintenance-token$/, 'agents:write', () => json({ token: `wdm1_${randomUUID()}`, expires: new Date(Date.now() + 900_000).toISOString() }, 201)],
    ...changeRoutes({ agents, events, now }),
    ...smart.routes,
    ['GET', /^\/groups$/, 'agents:read', () => page(groups)],
    ['POST', /^\/groups$/, 'agents:write', ({ body }) => {
      if (groups.some((each) => each.name === body.name)) return problem(409, 'Conflict', 'The name is taken.', [{ pointer: '/name', detail: 'There is a group of this name.' }]);
      const group = { id: randomUUID(), parent_id: null, policy_id: null, agents: 0, etag: '"1"', ...body };
      groups.push(group);
      return json(group, 201);
    }],
    ['GET', /^\/enrol-tokens$/, 'agents:read', () => page(tokens)],
    ['POST', /^\/enrol-tokens$/, 'agents:write', ({ body }) => {
      const token = { id: randomUUID(), name: body.name, group_id: null, policy_id: null, created: new Date().toISOString(), expires: new Date(Date.now() + Number(body.expires_in_s) * 1000).toISOString(), uses_left: body.uses, revoked: false };
      tokens.unshift(token);
      return json({ ...token, token: 'wdt1_eyJpZCI6IjEifQ_c2lnbmF0dXJl' }, 201);
    }],
    ['GET', /^\/policy-schema$/, 'policies:read', () => json(policySchema)],
    ['GET', /^\/policies$/, 'policies:read', () => page(policies)],
    ['POST', /^\/policies$/, 'policies:write', ({ body }) => {
      const policy = { ...base, id: randomUUID(), description: '', document: {}, version: 1, agents: 0, etag: '"1"', ...body } as typeof base;
      policies.push(policy);
      versions.set(policy.id, []);
      keepVersion(policy);
      return json(policy, 201);
    }],
    ['GET', /^\/policies\/([\w-]+)$/, 'policies:read', ({ params }) => {
      const policy = policies.find((each) => each.id === params[0]);
      return policy ? json(policy) : problem(404, 'Not found', 'There is no such policy.');
    }],
    ['PATCH', /^\/policies\/([\w-]+)$/, 'policies:write', ({ params, body, request }) => {
      const policy = policies.find((each) => each.id === params[0]) ?? base;
      const watch = ((body.document as Json | undefined)?.integrity as Json | undefined)?.watch;
      if (Array.isArray(watch) && watch.some((path) => !String(path).startsWith('/'))) {
        return problem(422, 'Not accepted', 'The policy is not valid.', [{ pointer: '/document/integrity/watch/0', detail: 'A path must be absolute.' }]);
      }
      return stale(request, policy.etag) ?? changePolicy(policy, body);
    }],
    ['GET', /^\/policies\/([\w-]+)\/golden-host$/, 'policies:read', ({ params }) => json(goldenHost(params[0] ?? ''))],
    ['PUT', /^\/policies\/([\w-]+)\/golden-host$/, 'policies:write', ({ params, body }) => {
      const agent = agents.find((each) => each.id === body.agent_id);
      if (agent?.state !== 'online') return problem(400, 'Not accepted', 'Another policy applies to this host.', [{ pointer: '/agent_id', detail: 'Another policy applies to this host.' }]);
      goldenHosts.set(params[0] ?? '', { agent_id: agent.id, hostname: agent.hostname, named: new Date().toISOString(), named_by: 'system', changes: 0 });
      return json(goldenHost(params[0] ?? ''));
    }],
    ['DELETE', /^\/policies\/([\w-]+)\/golden-host$/, 'policies:write', ({ params }) => {
      goldenHosts.delete(params[0] ?? '');
      return new Response(null, { status: 204 });
    }],
    ['GET', /^\/policies\/([\w-]+)\/effective$/, 'policies:read', ({ params }) => json({ policy_id: params[0], digest: 'd', settings: effective(params[0] ?? '') })],
    ['GET', /^\/policies\/([\w-]+)\/firewall$/, 'policies:read', ({ params, url }) => json(firewallRules(params[0] ?? '', url.searchParams.get('packet')))],
    ['GET', /^\/policies\/([\w-]+)\/versions$/, 'policies:read', ({ params }) => page(versions.get(params[0] ?? '') ?? [])],
    ['POST', /^\/policies\/([\w-]+)\/versions\/(\d+)\/restore$/, 'policies:write', ({ params }) => {
      const policy = policies.find((each) => each.id === params[0]) ?? base;
      const version = versions.get(policy.id)?.find((each) => each.version === Number(params[1]));
      return changePolicy(policy, { document: version?.document ?? {} });
    }],
    ...makeRollouts(now, base.id, agents),
    ['GET', /^\/agents\/([\w-]+)\/policy$/, 'policies:read', ({ params }) => json({ agent_id: params[0], policy_id: base.id, policy_name: base.name, level: 'base', group_id: null, group_name: null, is_ahead: agents[0]?.id === params[0], state: 'applied', digest: 'd', settings: effective(base.id) })],
    ['GET', /^\/users$/, 'users:read', () => page(users)],
    ['POST', /^\/users\/([\w-]+)\/(password-reset|compromised)$/, 'users:write', () => json({ token: 'tenant.secret', path: '/reset#tenant.secret', expires: new Date(now + 86_400_000).toISOString() }, 201)],
    ['POST', /^\/password-resets$/, undefined, ({ body }) => {
      if (body.token !== 'tenant.secret') return problem(400, 'Not accepted', 'The link does not hold.', [{ pointer: '/token', detail: 'The link does not hold.' }]);
      state.password = String(body.new);
      return new Response(null, { status: 204 });
    }],
    ['POST', /^\/users$/, 'users:write', ({ body }) => {
      if (users.some((each) => each.username === body.username)) return problem(409, 'Conflict', 'The name is taken.', [{ pointer: '/username', detail: 'There is a user of this name.' }]);
      const { password: _, ...rest } = body;
      users.push({ ...me, id: randomUUID(), last_login: null as unknown as string, ...rest } as typeof me);
      return json({ ...users.at(-1), link: { token: 'tenant.secret', path: '/reset#tenant.secret', expires: new Date(now + 86_400_000).toISOString() } }, 201);
    }],
    ['PATCH', /^\/users\/([\w-]+)$/, 'users:write', ({ params, body }) => json(Object.assign(users.find((each) => each.id === params[0]) ?? {}, body))],
    ...makeRoles(builtInRoles, allRights),
    ['GET', /^\/sessions$/, 'self', () => page(sessions)],
    ['DELETE', /^\/sessions\/([\w-]+)$/, 'self', ({ params }) => {
      sessions.splice(sessions.findIndex((each) => each.id === params[0]), 1);
      return new Response(null, { status: 204 });
    }],
    ['GET', /^\/user-sessions$/, 'users:read', () => page(sessions.map((each) => ({ user_id: me.id, username: me.username, ended: null, reason: null, actor: null, ...each, current: undefined })))],
    ['DELETE', /^\/user-sessions\/([\w-]+)$/, 'users:write', ({ params }) => {
      sessions.splice(sessions.findIndex((each) => each.id === params[0]), 1);
      return new Response(null, { status: 204 });
    }],
    ['GET', /^\/access-policy$/, 'access-policy:read', () => json(accessPolicy)],
    ['PUT', /^\/access-policy$/, 'access-policy:write', ({ body }) => {
      if (JSON.stringify(body).includes('203.0.113')) return problem(409, 'Conflict', '/rules: you would be outside of the networks yourself');
      return json(Object.assign(accessPolicy, body, { etag: `"${Number.parseInt(String(accessPolicy.etag).slice(1), 10) + 1}"` }));
    }],
    ...makeCertificates(now, me.id),
    ['GET', /^\/identity-providers$/, 'sso:read', () => page(providers)],
    ['POST', /^\/identity-providers$/, 'sso:write', ({ body: { secret, ...body } }) => {
      const provider = { id: randomUUID(), enabled: true, has_secret: secret !== undefined, mappings: [], created: new Date(now).toISOString(), etag: '"1"', ...body };
      providers.push(provider);
      return json(provider, 201);
    }],
    ['PATCH', /^\/identity-providers\/([\w-]+)$/, 'sso:write', ({ params, body }) => json(Object.assign(providers.find((each) => each.id === params[0]) ?? {}, { ...body, secret: undefined }))],
    ['DELETE', /^\/identity-providers\/([\w-]+)$/, 'sso:write', ({ params }) => {
      providers.splice(providers.findIndex((each) => each.id === params[0]), 1);
      return new Response(null, { status: 204 });
    }],
    ['GET', /^\/destinations$/, 'destinations:read', () => page(destinations)],
    ['POST', /^\/destinations$/, 'destinations:write', ({ body }) => {
      if (destinations.some((each) => each.name === body.name)) return problem(409, 'Conflict', 'The name is taken.', [{ pointer: '/name', detail: 'There is a destination of this name.' }]);
      // The stand-in's Kafka has refused an event.
      const state = { delivered: 0, refused: body.kind === 'kafka' ? 1 : 0, lost: 0, backlog: 0, last_delivery: null, error: null, failing_since: null };
      const destination = { id: randomUUID(), enabled: true, filter: '', language: 'en', has_secret: false, created: new Date().toISOString(), etag: '"1"', state, ...body };
      destinations.push(destination);
      if (state.refused > 0) deadLetters.push({ destination: destination.id, gone: false, event_id: randomUUID(), time: destination.created, noted: destination.created, reason: 'MSG_SIZE_TOO_LARGE', retry: false });
      return json(destination, 201);
    }],
    ['PATCH', /^\/destinations\/([\w-]+)$/, 'destinations:write', ({ params, body }) => json(Object.assign(destinations.find((each) => each.id === params[0]) ?? {}, body))],
    ['DELETE', /^\/destinations\/([\w-]+)$/, 'destinations:write', ({ params }) => {
      destinations.splice(destinations.findIndex((each) => each.id === params[0]), 1);
      return new Response(null, { status: 204 });
    }],
    ['GET', /^\/destinations\/([\w-]+)\/dead-letters$/, 'destinations:read', ({ params }) => page(deadLetters.filter((each) => each.destination === params[0] && !each.gone).map(({ destination: _destination, gone: _gone, ...letter }) => letter))],
    ['POST', /^\/destinations\/([\w-]+)\/dead-letters\/retry$/, 'destinations:write', ({ params }) => {
      const own = deadLetters.filter((each) => each.destination === params[0]);
      for (const each of own) each.gone = true;
      return json({ count: own.length });
    }],
    ['POST', /^\/destinations\/([\w-]+)\/trial$/, 'destinations:write', () => json({ arrived: false, error: 'nobody listens' })],
    ['GET', /^\/api-keys$/, 'api-keys:read', () => page(apiKeys)],
    ['POST', /^\/api-keys$/, 'api-keys:write', ({ body }) => {
      const key = { id: randomUUID(), user_id: me.id, hint: 'wardr_key_4fG7', networks: [], created: new Date().toISOString(), expires: new Date(Date.now() + Number(body.expires_in_s) * 1000).toISOString(), last_used: null, last_address: null, revoked: false, ...body };
      apiKeys.unshift(key);
      return json({ ...key, key: `wardr_key_4fG7${'x'.repeat(42)}` }, 201);
    }],
    ['DELETE', /^\/api-keys\/([\w-]+)$/, 'api-keys:write', ({ params }) => {
      Object.assign(apiKeys.find((each) => each.id === params[0]) ?? {}, { revoked: true });
      return new Response(null, { status: 204 });
    }],
    ...audit.routes,
    ...makeHealth(now),
    ...makeOperations(now, me.id, approvals, log),
    ...makeTrust(now, me.username),
    ...makeWrittenPolicies(now, me),
    ...makeReports(now, me),
    ...makeIncidents({ now, me: me.id, events, agents, log }),
    ...makeDashboard(now),
    ...makeAlerting(now, me.id, events.slice(0, 2).map((each) => each.id)),
    ...makeRules(base),
    ['GET', /^\/approvals$/, 'approvals:read', () => page(approvals)],
    ['POST', /^\/approvals$/, 'approvals:request', ({ body }) => {
      const approval = { id: randomUUID(), requester: me.id, approver: null, state: 'pending', created: new Date().toISOString(), expires: new Date(Date.now() + 86_400_000).toISOString(), decided: null, ...body };
      approvals.unshift(approval);
      return json(approval, 201);
    }],
    ['POST', /^\/approvals\/([\w-]+)\/decision$/, 'approvals:decide', ({ params, body }) => {
      const approval = approvals.find((each) => each.id === params[0]);
      return json(Object.assign(approval ?? {}, { state: body.approve ? 'approved' : 'rejected', approver: me.id, decided: new Date().toISOString() }));
    }],
    ['GET', /^\/system$/, 'self', () => json({ version: '0.1.0', time: new Date().toISOString(), tenant: { id: 'primary', name: 'primary' }, store: 'sqlite' })],
  ];

  const handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const path = url.pathname.replace(/^\/api\/v1/, '');
    for (const [method, pattern, right, handler] of routes) {
      const match = method === request.method ? pattern.exec(path) : null;
      if (!match) continue;
      if (right && !state.rights) return problem(401, 'Unauthorized', 'Log in first.');
      if (right && right !== 'self' && !state.rights?.includes(right)) return problem(403, 'Forbidden', `This needs ${right}.`);
      if (method !== 'GET' && right && request.headers.get('x-csrf-token') !== 'csrf') return problem(403, 'Forbidden', 'No CSRF token.');
      try {
        const text = method === 'GET' ? '' : await request.text();
        const isJson = text !== '' && request.headers.get('content-type') !== 'application/octet-stream';
        return await handler({ request, url, params: match.slice(1), body: isJson ? (JSON.parse(text) as Json) : {} });
      } catch (error) {
        return problem(400, 'Bad request', error instanceof Error ? error.message : String(error));
      }
    }
    return problem(404, 'Not found', `There is no ${request.method} ${path}.`);
  };
  /** Something happens on a host. */
  const happen = () => {
    const event = makeEvent(events.length, new Date(), agents);
    events.unshift(event);
    for (const send of tails) send(event);
    return event;
  };
  return { handle, happen, state, allRights, audit, approvals, agents };
}
