// The stand-in's tenants, access grants, keys and backups.
import { randomUUID } from 'node:crypto';
import { type Json, json, page, problem, type Route } from './http.ts';

const day = 86_400_000;
const missing = () => problem(404, 'Not found', 'There is no such tenant.');
const noLimits = { max_agents: null, max_users: null, max_events_per_day: null };

function tenantRoutes(now: number, log: (action: string, object: string) => void): Route[] {
  const tenant = (name: string, more: Json = {}) => ({
    id: randomUUID(), name, created: new Date(now - 90 * day).toISOString(), status: 'active', reason: '', deletion_due: null as string | null, database_server: 'main',
    event_partition: '', limits: { ...noLimits } as Json, ...more,
  });
  const tenants = [
    { ...tenant('primary'), id: 'primary' },
    { ...tenant('acme', { limits: { ...noLimits, max_agents: 500 } }), id: '01935f00-0000-7000-8000-0000000000ac' },
    tenant('globex', { status: 'suspended', reason: 'unpaid since May' }),
  ];
  const checks: Json[] = [];
  const usageDay = (back: number) => ({ day: new Date(now - back * day).toISOString().slice(0, 10), agents: 480, users: 12, events: 120_000 - back * 900, bytes: 4_500_000_000 - back * 30_000_000 });
  let template: Json = { limits: { max_agents: 100 } };
  let version = 1;
  const templateState = () => ({ template, modified: new Date(now - day).toISOString(), modified_by: 'admin', etag: `"${version}"` });
  const of = (id: string | undefined) => tenants.find((each) => each.id === id);
  return [
    ['GET', /^\/tenants$/, 'tenants:read', () => page(tenants)],
    ['POST', /^\/tenants$/, 'tenants:write', ({ body }) => {
      if (tenants.some((each) => each.name === body.name)) return problem(409, 'Conflict', 'There is a tenant of this name.');
      const made = tenant(String(body.name), { limits: { ...noLimits, ...(body.limits as Json) }, event_partition: body.event_partition ?? '', created: new Date().toISOString() });
      tenants.push(made);
      log('tenant.create', made.name);
      return json({ tenant: made, username: `${made.name}/${(body.administrator as Json).username}`, link: { token: 't.s', path: '/reset#tenant.secret', expires: new Date(now + day).toISOString() } }, 201);
    }],
    ['PATCH', /^\/tenants\/([\w-]+)$/, 'tenants:write', ({ params, body }) => {
      const found = of(params[0]);
      if (!found) return missing();
      return json(Object.assign(found, body, { limits: { ...found.limits, ...(body.limits as Json) } }));
    }],
    ['POST', /^\/tenants\/([\w-]+)\/status$/, 'tenants:write', ({ params, body }) => {
      const found = of(params[0]);
      if (!found) return missing();
      return json(Object.assign(found, { status: body.status, reason: body.reason ?? '', deletion_due: body.status === 'deleting' ? new Date(now + 30 * day).toISOString() : null }));
    }],
    ['GET', /^\/tenants\/([\w-]+)\/usage$/, 'tenants:read', ({ params }) => {
      const found = of(params[0]);
      return found ? json({ tenant: found, today: usageDay(0), days: [1, 2, 3, 4, 5].map(usageDay) }) : missing();
    }],
    ['GET', /^\/tenant-template$/, 'tenants:read', () => json(templateState())],
    ['PUT', /^\/tenant-template$/, 'tenants:write', ({ body, request }) => {
      if (request.headers.get('if-match') !== `"${version}"`) return problem(412, 'Precondition failed', 'The object has changed since it was read.');
      if (body.policies === 'none') return problem(400, 'Not accepted', 'The template is not right.', [{ pointer: '/policies', detail: 'Not a list.' }]);
      template = body;
      version += 1;
      return json(templateState());
    }],
    ['GET', /^\/tenant-isolation$/, 'tenants:read', () => page(checks)],
    ['POST', /^\/tenant-isolation$/, 'tenants:write', () => {
      const check = { time: new Date().toISOString(), passed: true, tenants: tenants.length, attempts: 42, findings: [] };
      checks.unshift(check);
      return json(check, 201);
    }],
  ];
}

function grantRoutes(now: number, me: string): Route[] {
  const grants: Json[] = [{
    id: randomUUID(), tenant_id: 'primary', operator: randomUUID(), operator_name: 'olga', role: 'auditor', reason: 'case 4711', state: 'waiting',
    created: new Date(now - 600_000).toISOString(), expires: new Date(now + 4 * 3_600_000).toISOString(), consent: null, approvers: [], ended: null, end_reason: '',
  }];
  const of = (id: string | undefined) => grants.find((each) => each.id === id);
  return [
    ['GET', /^\/access-grants$/, 'access-grants:read', () => page(grants)],
    ['POST', /^\/access-grants$/, 'access-grants:request', ({ body }) => {
      const { expires_in_s: seconds, ...rest } = body;
      const grant = { id: randomUUID(), operator: me, operator_name: 'admin', state: 'waiting', created: new Date().toISOString(), expires: new Date(Date.now() + Number(seconds) * 1000).toISOString(), consent: null, approvers: [], ended: null, end_reason: '', ...rest };
      grants.unshift(grant);
      return json(grant, 201);
    }],
    ['POST', /^\/access-grants\/([\w-]+)\/decision$/, 'access-grants:decide', ({ params, body }) => json(Object.assign(of(params[0]) ?? {}, body.agree ? { state: 'active', consent: me } : { state: 'ended', end_reason: body.comment ?? 'refused', ended: new Date().toISOString() }))],
    ['POST', /^\/access-grants\/([\w-]+)\/end$/, 'access-grants:decide', ({ params, body }) => json(Object.assign(of(params[0]) ?? {}, { state: 'ended', end_reason: body.reason, ended: new Date().toISOString() }))],
  ];
}

function keyRoutes(now: number, approvals: Json[]): Route[] {
  const key = (owner: string, name: string, level: string, epoch = 1, current = true) => ({
    owner, owner_name: name, level, epoch, created: new Date(now - 40 * day).toISOString() as string | null, current, provider: level === 'tenant' ? 'file' : null, root_key: level === 'tenant' ? 'a1b2c3d4' : null,
  });
  const levels = ['tenant', 'contact', 'secrets', 'content', 'other', 'derivation'];
  const keys = [...levels.map((level) => key('control', 'control', level)), ...levels.map((level) => key('primary', 'primary', level))];
  return [
    ['GET', /^\/keys$/, 'keys:read', () => page(keys)],
    ['POST', /^\/keys\/rotations$/, 'keys:write', ({ body }) => {
      const owner = String(body.owner ?? 'primary');
      if (body.level === 'root' || body.level === 'tenant') {
        const object = body.level === 'root' ? 'key:root' : `key:${owner}/tenant`;
        const permit = approvals.find((each) => each.id === body.approval_id && each.object === object && each.state === 'approved');
        if (!permit) return problem(403, 'Forbidden', 'This takes an approval between two custodians.');
        permit.state = 'used';
      }
      const last = keys.find((each) => each.owner === owner && each.level === body.level && each.current);
      if (last) keys.push({ ...last, epoch: last.epoch + 1, created: new Date().toISOString() });
      if (last) last.current = false;
      return json({ level: body.level, owner: body.owner ?? null, epoch: last ? last.epoch + 1 : null });
    }],
  ];
}

function backupRoutes(now: number): Route[] {
  const run = (task: string, file: string, more: Json = {}): Json => ({ id: randomUUID(), task, state: 'succeeded', file, actor: 'manager', begun: new Date(now - day).toISOString(), ended: new Date(now - day + 9000).toISOString(), error: '', bytes: 48_000_000, parts: 7, ...more });
  const first = 'warder-20261126T020000Z-1a2b3c4d.backup';
  const runs = [run('create', first)];
  const backups: Json[] = [{ name: first, bytes: 48_000_000, made: runs[0], verified: null }];
  /** A run that is asked about a few times is over. */
  const begin = (task: string, file: string, done: (begun: Json) => void) => {
    const begun = run(task, file, { state: 'running', begun: new Date().toISOString(), ended: null, bytes: 0, actor: 'admin' });
    runs.unshift(begun);
    let asked = 0;
    Object.defineProperty(begun, 'toJSON', { value: () => {
      asked += 1;
      if (begun.state === 'running' && asked > 2) {
        Object.assign(begun, { state: 'succeeded', ended: new Date().toISOString(), bytes: 48_000_000 });
        done(begun);
      }
      return { ...begun };
    } });
    return json(begun, 202);
  };
  const busy = () => (runs.some((each) => each.state === 'running') ? problem(409, 'Conflict', 'Another run is not finished.') : undefined);
  return [
    ['GET', /^\/backups$/, 'backups:read', () => page(backups)],
    ['POST', /^\/backups$/, 'backups:write', () => busy() ?? begin('create', '', (begun) => {
      begun.file = 'warder-20261127T120000Z-5e6f7a8b.backup';
      backups.unshift({ name: begun.file, bytes: begun.bytes, made: begun, verified: null });
    })],
    ['POST', /^\/backups\/([\w.-]+)\/verification$/, 'backups:write', ({ params }) => busy() ?? begin('verify', params[0] ?? '', (begun) => {
      Object.assign(backups.find((each) => each.name === params[0]) ?? {}, { verified: begun });
    })],
    ['GET', /^\/backup-runs$/, 'backups:read', () => page(runs)],
  ];
}

export const makeOperations = (now: number, me: string, approvals: Json[], log: (action: string, object: string) => void): Route[] =>
  [...tenantRoutes(now, log), ...grantRoutes(now, me), ...keyRoutes(now, approvals), ...backupRoutes(now)];
