// Incidents and the daily review of the stand-in manager.
import { randomUUID } from 'node:crypto';
import type { MockEvent } from './data.ts';
import { type Call, type Json, json, page, problem, type Route } from './http.ts';

const hour = 3_600_000;
const grades = ['low', 'medium', 'high'];
const states = ['declared', 'triaged', 'contained', 'eradicated', 'recovered', 'closed'];
const severities = ['info', 'low', 'medium', 'high', 'critical'];
const words = ['root_cause', 'corrective_action', 'plan_review'] as const;
const iso = (ms: number) => new Date(ms).toISOString();
const since = (incident: Json) => Math.round((Date.now() - Date.parse(String(incident.declared))) / 1000);

interface World {
  now: number;
  me: string;
  events: MockEvent[];
  agents: { id: string; hostname: string }[];
  log: (action: string, object: string) => void;
}

interface Kept {
  incident: Json;
  timeline: Json[];
  tasks: Json[];
  links: Json[];
  isolations: Json[];
  evidence: Json[];
  custody: Json[];
  notices: Json[];
}

export const incidentRights = ['incidents:declare', 'incidents:read', 'incidents:write', 'incident-settings:write', 'reviews:read', 'reviews:write', 'review-settings:write', 'notices:read', 'rotas:read'];

function incidentRoutes({ now, me, events, log }: World): Route[] {
  const all: Kept[] = [];
  let isServing = false; // what is there from the start is in no log
  const settings: Json = { matrix: [['low', 'low', 'medium'], ['low', 'medium', 'high'], ['medium', 'high', 'critical']], channels: [], rota: null };
  const severityOf = (impact: unknown, urgency: unknown) => (settings.matrix as string[][])[grades.indexOf(String(impact))]?.[grades.indexOf(String(urgency))] ?? 'medium';
  const step = (kept: Kept, kind: string, text: string, detail: Json = {}) => {
    kept.timeline.push({ number: kept.timeline.length + 1, time: iso(Date.now()), actor: `user:${me}`, kind, text, detail });
    kept.incident.etag = `"${kept.timeline.length}"`;
    if (isServing) log(`incident.${kind}`, `incident:${String(kept.incident.id)}`);
  };
  const declare = (body: Json, at: number) => {
    const incident: Json = {
      id: randomUUID(), number: all.length + 1, title: body.title, description: body.description ?? '', impact: body.impact ?? 'medium', urgency: body.urgency ?? 'medium',
      severity: severityOf(body.impact ?? 'medium', body.urgency ?? 'medium'), state: 'declared', declared_by: `user:${me}`, assignee: '', skill: body.skill ?? '', roles: {}, occurred: iso(at), declared: iso(at),
      told: iso(at + 2000), acknowledged: null, contained: null, closed: null, seconds: { notify: 2, acknowledge: null, contain: null, close: null }, root_cause: '', corrective_action: '', plan_review: '',
      plan_reviewed_by: '', plan_reviewed: null, breach: null, etag: '"1"',
    };
    const linked = ((body.events as string[] | undefined) ?? []).map((id) => {
      const event = events.find((each) => each.id === id);
      return { kind: 'event', id, snapshot: event ? { time: event.time, type: event.type, severity: event.severity, host: event.host, rule: event.rule ?? '' } : {} };
    });
    const kept: Kept = { incident, timeline: [], tasks: [], links: linked, isolations: [], evidence: [], custody: [], notices: [] };
    all.push(kept);
    step(kept, 'declared', String(body.title));
    return kept;
  };
  declare({ title: 'db-1 sends mail', impact: 'high', urgency: 'high', events: events.slice(0, 2).map((each) => each.id) }, now - 2 * hour);
  const second = declare({ title: 'A laptop was lost' }, now - 30 * hour);
  second.incident.breach = { aware: iso(now - 60 * hour), due: iso(now + 12 * hour), clock: 'due-soon', notified: null, delay_reason: '' };
  isServing = true;

  const queue = () => all.map((kept) => kept.incident).toSorted((a, b) => Number(a.state === 'closed') - Number(b.state === 'closed') || severities.indexOf(String(b.severity)) - severities.indexOf(String(a.severity)));
  const acknowledge = (incident: Json) => {
    if (incident.acknowledged !== null) return;
    incident.acknowledged = iso(Date.now());
    (incident.seconds as Json).acknowledge = since(incident);
  };
  const change = (kept: Kept, body: Json) => {
    const { incident } = kept;
    Object.assign(incident, body);
    incident.severity = severityOf(incident.impact, incident.urgency);
    if (body.assignee) acknowledge(incident);
    if (body.plan_review) Object.assign(incident, { plan_reviewed_by: `user:${me}`, plan_reviewed: iso(Date.now()) });
    step(kept, 'changed', '', Object.fromEntries(Object.keys(body).map((key) => [key, true])));
    return json(incident);
  };
  const move = (kept: Kept, body: Json) => {
    const { incident } = kept;
    const missing = words.find((word) => String(incident[word]).trim() === '');
    if (body.state === 'closed' && missing) return problem(400, 'Not accepted', `closing takes ${missing}`, [{ pointer: `/${missing}`, detail: `closing takes ${missing}` }]);
    const detail = { from: incident.state, to: body.state };
    incident.state = body.state;
    acknowledge(incident);
    const seconds = incident.seconds as Json;
    if (states.indexOf(String(body.state)) >= 2 && incident.contained === null) {
      incident.contained = iso(Date.now());
      seconds.contain = since(incident);
    }
    incident.closed = body.state === 'closed' ? iso(Date.now()) : null;
    seconds.close = body.state === 'closed' ? since(incident) : null;
    step(kept, 'state', String(body.note ?? ''), detail);
    return json(incident);
  };
  const added = (kept: Kept, list: Json[], item: Json, kind: string, text: string, status = 201) => {
    list.push(item);
    step(kept, kind, text);
    return json(item, status);
  };
  const breach = (kept: Kept, body: Json) => {
    const { incident } = kept;
    const aware = Date.parse(String(body.aware ?? iso(Date.now())));
    const marked = (incident.breach ?? { aware: iso(aware), due: iso(aware + 72 * hour), clock: 'running', notified: null, delay_reason: '' }) as Json;
    if (body.notified) {
      const isLate = String(body.notified) > String(marked.due);
      if (isLate && !body.delay_reason) return problem(400, 'Not accepted', 'the reasons for the delay', [{ pointer: '/delay_reason', detail: 'after 72 hours, Art. 33(1) takes the reasons for the delay' }]);
      Object.assign(marked, { notified: body.notified, clock: isLate ? 'notified-late' : 'notified', delay_reason: body.delay_reason ?? '' });
    }
    incident.breach = marked;
    step(kept, 'breach', '');
    return json(incident);
  };
  const of = (run: (kept: Kept, call: Call) => Response): Route[3] => (call) => {
    const kept = all.find((each) => each.incident.id === call.params[0]);
    return kept ? run(kept, call) : problem(404, 'Not found', 'There is no such incident.');
  };
  const read = (rest: string, run: (kept: Kept, call: Call) => Response): Route => ['GET', new RegExp(`^/incidents/([\\w-]+)${rest}$`), 'incidents:read', of(run)];
  const write = (rest: string, run: (kept: Kept, call: Call) => Response): Route => ['POST', new RegExp(`^/incidents/([\\w-]+)${rest}$`), 'incidents:write', of(run)];
  return [
    ['GET', /^\/incidents$/, 'incidents:read', ({ url }) => {
      const state = url.searchParams.get('state') ?? '';
      const least = severities.indexOf(url.searchParams.get('severity') ?? 'info');
      return page(queue().filter((each) => (state === '' || (state === 'active' ? each.state !== 'closed' : each.state === state)) && severities.indexOf(String(each.severity)) >= least));
    }],
    ['POST', /^\/incidents$/, 'incidents:declare', ({ body }) => json(declare(body, Date.now()).incident, 201)],
    ['GET', /^\/incident-settings$/, 'incidents:read', () => json(settings)],
    ['PUT', /^\/incident-settings$/, 'incident-settings:write', ({ body }) => json(Object.assign(settings, body))],
    ['GET', /^\/incident-statistics$/, 'incidents:read', () => json({ items: [{ severity: 'critical', incidents: 3, open: 1, seconds: { notify: { incidents: 3, median: 4, most: 40 }, acknowledge: { incidents: 2, median: 300, most: 900 } } }] })],
    read('', ({ incident }) => json(incident)),
    ['PATCH', /^\/incidents\/([\w-]+)$/, 'incidents:write', of((kept, { body }) => change(kept, body))],
    write('/state', (kept, { body }) => move(kept, body)),
    write('/assignment', (kept, { body }) => {
      Object.assign(kept.incident, { assignee: me, skill: body.skill ?? '' });
      step(kept, 'assigned', '', { user: me, skill: body.skill ?? '' });
      return json(kept.incident);
    }),
    write('/notes', (kept, { body }) => {
      step(kept, 'note', String(body.text));
      return json(kept.incident, 201);
    }),
    read('/timeline', ({ timeline }) => page(timeline)),
    read('/tasks', ({ tasks }) => page(tasks)),
    write('/tasks', (kept, { body }) => added(kept, kept.tasks, { id: randomUUID(), assignee: '', created: iso(Date.now()), done: null, ...body }, 'task', String(body.title))),
    write('/tasks/([\\w-]+)/done', (kept, { params }) => {
      const task = kept.tasks.find((each) => each.id === params[1]) ?? {};
      task.done = iso(Date.now());
      step(kept, 'task', String(task.title));
      return json(task);
    }),
    read('/links', ({ links }) => page(links)),
    read('/isolations', ({ isolations }) => page(isolations)),
    write('/isolations', (kept, { body }) => added(kept, kept.isolations, { ...body, command_id: randomUUID(), time: iso(Date.now()), state: 'succeeded', error: null }, 'isolation', String(body.action), 202)),
    read('/evidence', ({ evidence }) => page(evidence)),
    write('/evidence', (kept, { body }) => {
      const item = { id: randomUUID(), name: body.name, kind: body.kind, taken_by: `user:${me}`, taken: iso(Date.now()), bytes: 4711, sha256: 'ab'.repeat(32) };
      kept.custody.push({ time: item.taken, actor: item.taken_by, action: 'taken', subject: item.id, note: String(item.name), hash: 'ef'.repeat(32) });
      return added(kept, kept.evidence, item, 'evidence', String(item.name));
    }),
    read('/custody', ({ custody }) => page(custody)),
    write('/bundles', (kept, { body }) => {
      kept.custody.push({ time: iso(Date.now()), actor: `user:${me}`, action: 'bundled', subject: 'cd'.repeat(32), note: body.reason, hash: 'ef'.repeat(32) });
      return new Response(JSON.stringify({ manifest: {}, files: [] }), { headers: { 'Content-Type': 'application/octet-stream' } });
    }),
    write('/breach', (kept, { body }) => breach(kept, body)),
    write('/affected', () => json({ events: 120, with_personal_data: 80, persons: 7, complete: true, fields: [{ field: 'user.name', personal_data: 'identifier', events: 80, values: 7 }] })),
    ['POST', /^\/tenant-affected$/, 'tenants:write', () => json({ affected: 1, records: 80, persons: 7, complete: true, tenants: [{ tenant_id: randomUUID(), name: 'primary', events: 120, with_personal_data: 80, persons: 7, complete: true, error: null }] })],
    read('/notices', ({ notices }) => page(notices.toReversed())),
    write('/notices', (kept, { body }) => {
      const missing = ['nature', 'categories', 'contact', 'consequences', 'measures'].filter((part) => !body[part]);
      return added(kept, kept.notices, { incident: kept.incident.id, number: kept.incident.number, version: kept.notices.length + 1, made: iso(Date.now()), made_by: `user:${me}`, missing, ...body }, 'notice', '');
    }),
    read('/notices/(\\d+)', () => new Response('Notification of a personal data breach', { headers: { 'Content-Type': 'text/plain' } })),
  ];
}

function reviewRoutes({ now, me, agents, log }: World): Route[] {
  const settings: Json = { time_zone: 'UTC', deadline_hours: 24 };
  const midnight = Math.floor(now / (24 * hour)) * 24 * hour;
  const systemsOf = (age: number): Json[] =>
    [{ id: 'manager', hostname: 'manager' }, ...agents.slice(0, 3)].map(({ id, hostname }, index) => ({
      system: id, name: hostname, result: age === 0 ? null : (['quiet', 'gap', 'look', 'quiet'] as const)[index],
      findings: age === 0 ? [] : ([[], [{ kind: 'silent', result: 'gap', subject: '', count: 0, usual: 0 }], [{ kind: 'severity', result: 'look', subject: 'high', count: 3, usual: 0 }, { kind: 'new-type', result: 'look', subject: 'ips.blocked', count: 2, usual: 0 }], []] as const)[index],
      events: index === 1 ? 0 : 40 + index, modules: {}, failed_logins: 0, unexplained_changes: 0, lost: 0, silent_hours: 1, covered_events: null as number | null, judgement: '',
    }));
  const days = [0, 1, 2, 3].map((age) => {
    const from = midnight - age * 24 * hour;
    const systems = systemsOf(age);
    const count = (result: string) => systems.filter((each) => each.result === result).length;
    const day: Json = {
      day: iso(from).slice(0, 10), time_zone: 'UTC', from: iso(from), to: iso(from + 24 * hour), deadline: iso(from + 48 * hour), triaged: age === 0 ? null : iso(from + 24 * hour + 60_000),
      state: ['running', 'open', 'missed', 'missed'][age], systems: systems.length, quiet: count('quiet'), look: count('look'), gap: count('gap'), covered: 0, events: 125, late_events: 0, completed: null,
    };
    return { day, systems, signOffs: [] as Json[] };
  });
  const of = (run: (found: (typeof days)[number], call: Call) => Response): Route[3] => (call) => {
    const found = days.find((each) => each.day.day === call.params[0]);
    return found ? run(found, call) : problem(404, 'Not found', 'this day is not reviewed');
  };
  const sign = of(({ day, systems, signOffs }, { body }) => {
    const named = (body.systems as Json[] | undefined) ?? [];
    for (const each of named) {
      const system = systems.find((other) => other.system === each.system);
      if (system) Object.assign(system, { judgement: each.judgement, covered_events: system.events });
    }
    const open = systems.filter((each) => each.covered_events === null && each.result !== 'quiet');
    if (body.whole_day && open.length > 0) return problem(409, 'Conflict', `${open.length} systems stand out and have no judgement`);
    if (body.whole_day) for (const each of systems) each.covered_events ??= each.events;
    const isLate = Date.now() > Date.parse(String(day.deadline));
    day.covered = systems.filter((each) => each.covered_events !== null).length;
    if (day.covered === day.systems) day.state = isLate ? 'late' : 'signed';
    signOffs.push({ id: randomUUID(), by: `user:${me}`, at: iso(Date.now()), note: body.note ?? '', whole_day: body.whole_day === true, late: isLate, systems: body.whole_day ? systems.length : named.length });
    log('review.sign', `review:${String(day.day)}`);
    return json(day, 201);
  });
  return [
    ['GET', /^\/reviews$/, 'reviews:read', () => page(days.map((each) => each.day))],
    ['GET', /^\/reviews\/([\d-]+)$/, 'reviews:read', of(({ day }) => json(day))],
    ['GET', /^\/reviews\/([\d-]+)\/systems$/, 'reviews:read', of(({ systems }, { url }) => {
      const wanted = url.searchParams.get('result');
      return page(systems.filter((each) => wanted === null || each.result === wanted));
    })],
    ['GET', /^\/reviews\/([\d-]+)\/sign-offs$/, 'reviews:read', of(({ signOffs }) => page(signOffs))],
    ['POST', /^\/reviews\/([\d-]+)\/sign-offs$/, 'reviews:write', sign],
    ['GET', /^\/review-settings$/, 'reviews:read', () => json(settings)],
    ['PUT', /^\/review-settings$/, 'review-settings:write', ({ body }) => json(Object.assign(settings, body))],
  ];
}

export const makeIncidents = (world: World): Route[] => [...incidentRoutes(world), ...reviewRoutes(world)];
