// The stand-in's alerts, their rules, silences and routes, channels, heartbeats and rotas.
import { randomUUID } from 'node:crypto';
import { type Json, json, page, problem, type Route } from './http.ts';

const gone = () => new Response(null, { status: 204 });
const missing = () => problem(404, 'Not found', 'There is no such thing.');
const iso = (time: number) => new Date(time).toISOString();

const makeRule = (id: string, more: Json): Json => ({
  id, name: id, built_in: true, enabled: true, severity: 'high', state: '', filter: '', resolve_filter: '', group_by: [], members: '', window_s: 300, fire_at: 1, resolve_at: 1, fire_after_s: 0,
  resolve_after_s: 0, texts: { en: { title: `About ${id}` }, ja: { title: `${id} について` } }, etag: '"0"', ...more,
});

function makeAlerts(now: number, events: string[]): Json[] {
  const alert = (id: number, minutes: number, more: Json): Json => ({
    id: `0193a0b0-0000-7000-8000-00000000000${id}`, rule: 'agent-silent', title: 'Agent on web-01 is silent', meaning: 'The agent has not been heard of for more than five minutes.',
    action: 'See whether the host runs.', group: { 'host.name': 'web-01' }, severity: 'high', state: 'open', opened: iso(now - minutes * 60_000), last: iso(now - 30_000), resolved: null,
    resolved_by: null, count: 0, value: 320, fire_at: 300, events: [], members: [], acknowledged_by: null, acknowledged: null, told: true, level: 0, escalates: iso(now + 600_000), ...more,
  });
  return [
    alert(1, 6, {}),
    alert(2, 40, { rule: 'critical-event', title: 'Critical events on db-01', severity: 'critical', group: { 'host.name': 'db-01' }, count: 3, value: 3, fire_at: 1, events, escalates: null }),
    alert(4, 50, { rule: 'control-failed', title: 'Controls have failed: tc-2, tc-8', group: {}, count: 2, value: 2, fire_at: 1, members: ['tc-2', 'tc-8'], escalates: null }),
    alert(3, 90, { rule: 'backup-failed', title: 'A backup has failed', group: {}, severity: 'medium', state: 'resolved', resolved: iso(now - 3_600_000), escalates: null }),
  ];
}

function alertRoutes(now: number, me: string, events: string[]): Route[] {
  const alerts = makeAlerts(now, events);
  const comments: Json[] = [];
  const of = (id: string | undefined) => alerts.find((each) => each.id === id);
  const order = ['info', 'low', 'medium', 'high', 'critical'];
  const notice = { id: randomUUID(), channel: randomUUID(), people: [me], type: 'alert.opened', subject: 'Agent on web-01 is silent', created: iso(now - 359_000), state: 'sent', tries: 1, error: null, sent: iso(now - 358_000) };
  return [
    ['GET', /^\/alerts$/, 'alerts:read', ({ url }) => {
      const { state, severity, rule } = Object.fromEntries(url.searchParams);
      return page(alerts.filter((each) => (!state || (state === 'active' ? each.state !== 'resolved' : each.state === state)) && (!rule || each.rule === rule)
        && (!severity || order.indexOf(String(each.severity)) >= order.indexOf(severity))));
    }],
    ['GET', /^\/alerts\/([\w-]+)$/, 'alerts:read', ({ params }) => { const found = of(params[0]); return found ? json(found) : missing(); }],
    ['POST', /^\/alerts\/([\w-]+)\/acknowledge$/, 'alerts:work', ({ params }) => json(Object.assign(of(params[0]) ?? {}, { state: 'acknowledged', acknowledged: iso(Date.now()), acknowledged_by: `user:${me}`, escalates: null }))],
    ['POST', /^\/alerts\/([\w-]+)\/resolve$/, 'alerts:work', ({ params }) => json(Object.assign(of(params[0]) ?? {}, { state: 'resolved', resolved: iso(Date.now()), resolved_by: `user:${me}`, escalates: null }))],
    ['GET', /^\/alerts\/([\w-]+)\/comments$/, 'alerts:read', ({ params }) => page(comments.filter((each) => each.alert === params[0]).map(({ alert: _alert, ...each }) => each))],
    ['POST', /^\/alerts\/([\w-]+)\/comments$/, 'alerts:work', ({ params, body }) => {
      const comment = { id: randomUUID(), time: iso(Date.now()), by: `user:${me}`, text: body.text };
      comments.push({ ...comment, alert: params[0] });
      return json(comment, 201);
    }],
    ['GET', /^\/notices$/, 'notices:read', ({ url }) => page(url.searchParams.get('about') === `alert:${String(alerts[0]?.id)}` ? [{ ...notice, about: url.searchParams.get('about') }] : [])],
  ];
}

/** The operations on a list of things that are kept: what is made gets `fresh` below what was sent. */
function keptRoutes(path: string, items: Json[], rights: { read: string; write: string }, fresh: () => Json): Route[] {
  const one = new RegExp(`^/${path}/([\\w-]+)$`);
  const at = (id: string | undefined) => items.findIndex((each) => each.id === id);
  return [
    ['GET', new RegExp(`^/${path}$`), rights.read, () => page(items)],
    ['POST', new RegExp(`^/${path}$`), rights.write, ({ body }) => {
      if (items.some((each) => each.name === body.name)) return problem(409, 'Conflict', 'The name is taken.', [{ pointer: '/name', detail: 'There is one of this name.' }]);
      const made = { id: randomUUID(), etag: '"1"', ...fresh(), ...body };
      items.push(made);
      return json(made, 201);
    }],
    ['PATCH', one, rights.write, ({ params, body }) => json(Object.assign(items[at(params[0])] ?? {}, body))],
    ['DELETE', one, rights.write, ({ params }) => { items.splice(at(params[0]), 1); return gone(); }],
  ];
}

function onCallRoutes(now: number, me: string): Route[] {
  const rights = { read: 'rotas:read', write: 'rotas:write' };
  const turns = (levels: Json[]) => levels.map(({ order }) => ({ user: (order as string[])[0], from: iso(now - 86_400_000), until: iso(now + 6 * 86_400_000) }));
  const rotas: Json[] = [];
  return [
    ['GET', /^\/rotas$/, rights.read, () => page(rotas.map((each) => ({ ...each, on_call: turns(each.levels as Json[]) })))],
    ...keptRoutes('rotas', rotas, rights, () => ({ first_day: '2026-11-23', overrides: [], on_call: [], created: iso(now) })),
    ['POST', /^\/rotas\/([\w-]+)\/overrides$/, rights.write, ({ params, body }) => {
      const made = { id: randomUUID(), level: 0, ...body };
      const rota = rotas.find((each) => each.id === params[0]);
      if (!rota) return missing();
      rota.overrides = [...(rota.overrides as Json[]), made];
      return json(made, 201);
    }],
    ['DELETE', /^\/rota-overrides\/([\w-]+)$/, rights.write, ({ params }) => {
      for (const rota of rotas) rota.overrides = (rota.overrides as Json[]).filter((each) => each.id !== params[0]);
      return gone();
    }],
    ...keptRoutes('notice-channels', [{ id: randomUUID(), name: 'mail', kind: 'mail', enabled: true, language: 'en', settings: { host: 'mail.example', port: 587, to: [] }, has_secret: true, created: iso(now), etag: '"1"', owner: me }], { read: 'notices:read', write: 'notices:write' },
      () => ({ enabled: true, has_secret: false, created: iso(now) })),
    ['POST', /^\/notice-channels\/([\w-]+)\/trial$/, 'notices:write', () => json({ arrived: false, error: 'nobody listens' })],
  ];
}

export function makeAlerting(now: number, me: string, events: string[]): Route[] {
  const rules = [
    makeRule('agent-silent', { state: 'agent.silent', fire_at: 300, resolve_at: 300, group_by: ['host.name', 'agent'] }),
    makeRule('critical-event', { filter: 'severity = critical', severity: 'critical', group_by: ['host.name'] }),
  ];
  return [
    ...alertRoutes(now, me, events),
    ...keptRoutes('alert-rules', rules, { read: 'alerts:read', write: 'alerts:write' }, () => ({ built_in: false })),
    ...keptRoutes('alert-routes', [], { read: 'alerts:read', write: 'alerts:write' }, () => ({ enabled: true, rota: null })),
    ...keptRoutes('alert-heartbeats', [], { read: 'alerts:read', write: 'alerts:write' }, () => ({ enabled: true })),
    ...keptRoutes('alert-silences', [], { read: 'alerts:read', write: 'alerts:work' }, () => ({ rule: '', group: {}, from: iso(Date.now()), owner: `user:${me}` })),
    ...onCallRoutes(now, me),
  ];
}
