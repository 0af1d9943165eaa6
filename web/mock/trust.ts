// The stand-in's promises, evidence, requests for documents, rules of collection and requests of people.
import { randomUUID } from 'node:crypto';
import { type Json, json, page, problem, type Route } from './http.ts';

const day = 86_400_000;
const iso = (time: number) => new Date(time).toISOString();
const gone = () => new Response(null, { status: 204 });
const missing = () => problem(404, 'Not found', 'There is no such thing.');
const find = (items: Json[], id: string | undefined) => items.find((each) => each.id === id);
const both = (en: string, ja: string) => ({ en, ja });

function promises(now: number): Route[] {
  const promise = (id: string, kind: string, state: string, en: string, ja: string, more: Json = {}): Json => ({
    id, section: 'security', kind, text: both(en, ja), state, reason: '', checked: iso(now - 600_000), holds_until: iso(now + day), owner: 'security', controls: [], checks: [], ...more,
  });
  const items = [
    promise('1', 'technical', 'pass', 'Everything on the wire is encrypted.', '通信はすべて暗号化されます。', { checks: ['tls'] }),
    promise('2', 'technical', 'fail', 'Each tenant’s data is kept apart.', '各テナントのデータは分離されています。', { reason: 'isolation.canary: one of three saw another', checks: ['isolation'] }),
    promise('3', 'organisational', 'not-claimed', 'Staff are trained each year.', '従業員は毎年訓練を受けます。', { reason: 'no evidence', checked: null, holds_until: null }),
  ];
  const check = (id: string, en: string, ja: string, verdict: string): Json => ({ id, doc: both(en, ja), result: { verdict, time: iso(now - 600_000), detail: '3 of 3', good: 3, all: 3, entry: 7 } });
  const assurance = {
    time: iso(now),
    operator_access: { active: 1, uses: 2, last_use: iso(now - day), grants: [{ id: randomUUID(), operator_name: 'op', role: 'support', reason: 'a question about rules', state: 'active', created: iso(now - 2 * day), expires: iso(now + day), ended: null, by_consent: true }] },
    keys: { current: [{ level: 'tenant', created: iso(now - 30 * day), provider: 'file' }], root_uses: [{ time: iso(now - day), operation: 'unwrap', success: true }] },
    isolation: [{ time: iso(now - 3_600_000), passed: true }],
    own_half: { version: '1.0.0', agents: 3, online: 2, current: 2, outdated: [{ id: randomUUID(), hostname: 'web2', version: '0.9.0' }] },
    operators_half: items.slice(0, 2).map(({ id, text, state, checked }) => ({ id, text, state, checked })),
  };
  return [
    ['GET', /^\/assurance$/, 'trust:read', () => json(assurance)],
    ['GET', /^\/trust\/commitments$/, 'trust:read', () => page(items)],
    ['GET', /^\/trust\/checks$/, 'trust:read', () => page([check('tls', 'Handshakes with every endpoint', '各エンドポイントとのハンドシェイク', 'pass'), check('isolation', 'A canary in each tenant', '各テナントのカナリア', 'fail')])],
    ['POST', /^\/trust\/runs$/, 'trust:write', () => new Response(null, { status: 202 })],
    ['GET', /^\/trust\/oscal\/([\w-]+)$/, 'trust:read', ({ params }) => json({ [params[0] ?? '']: {} })],
  ];
}

function register(now: number, me: string): Route[] {
  const record = (title: string, more: Json = {}): Json => ({
    id: randomUUID(), commitment: '3', title, standard: '', issued: iso(now - 300 * day), expires: iso(now + 65 * day), owner: 'People', deputy: '', reviewer: 'auditor', reviewed: iso(now - 200 * day), filed: iso(now - 300 * day),
    filed_by: me, sha256: null, public: false, on_request: false, etag: '"1"', ...more,
  });
  const items = [record('Training of 2026'), record('Penetration test', { expires: iso(now - day), reviewed: null, reviewer: null, sha256: 'ab'.repeat(32), on_request: true })];
  const duty = (commitment: string, en: string, ja: string, state: string, more: Json): Json => ({
    commitment, text: both(en, ja), state, due: iso(now + 65 * day), to_review: false, owner: 'People', deputy: '', reviewer: 'auditor', cadence_days: 365, longest_days: 365, assigned: iso(now - 300 * day), evidence: items[0]?.id ?? null, etag: '"1"', ...more,
  });
  const duties = [
    duty('3', 'Staff are trained each year.', '従業員は毎年訓練を受けます。', 'held', {}),
    duty('4', 'Penetration tests are made each year.', '侵入テストを毎年実施します。', 'overdue', { owner: 'olga', deputy: 'dan', due: iso(now - day), to_review: true }),
    duty('5', 'Those with access are screened.', 'アクセス権を持つ者の身元を確認します。', 'unassigned', { owner: '', reviewer: '', due: null, assigned: null, evidence: null, etag: '"0"' }),
  ];
  const request = (number: number, state: string, more: Json = {}): Json => ({
    id: randomUUID(), number, state, evidence: items[1]?.id, title: 'Penetration test', name: 'Mei Sato', mail: 'mei@example.com', organisation: 'Example KK', reason: 'vendor review', language: 'ja', asked: iso(now - day), decided: null,
    decided_by: null, expires: null, accepted: null, terms: null, downloads: 0, downloads_allowed: 0, ...more,
  });
  const requests = [request(3, 'asked'), request(2, 'asked'), request(1, 'accepted', { decided: iso(now - day), expires: iso(now + day), downloads: 1, downloads_allowed: 3 })];
  return [
    ['GET', /^\/trust\/evidence$/, 'trust:read', () => page(items)],
    ['GET', /^\/trust\/duties$/, 'trust:read', () => page(duties)],
    ['GET', /^\/trust\/duties\/([\w-]+)$/, 'trust:read', ({ params }) => {
      const found = duties.find((each) => each.commitment === params[0]);
      return found ? json(found) : missing();
    }],
    ['PUT', /^\/trust\/duties\/([\w-]+)$/, 'trust:write', ({ params, body }) => {
      const found = duties.find((each) => each.commitment === params[0]);
      return found ? json(Object.assign(found, { deputy: '', ...body, state: found.due ? found.state : 'due', due: found.due ?? iso(Date.now() + 30 * day), assigned: iso(Date.now()), etag: '"1"' })) : missing();
    }],
    ['POST', /^\/trust\/evidence$/, 'trust:write', ({ body }) => {
      const { attachment, ...rest } = body;
      const made = record(String(body.title), { reviewed: null, reviewer: null, filed: iso(Date.now()), sha256: attachment ? 'cd'.repeat(32) : null, ...rest });
      items.unshift(made);
      return json(made, 201);
    }],
    ['POST', /^\/trust\/evidence\/([\w-]+)\/review$/, 'trust:review', ({ params }) => {
      const found = find(items, params[0]);
      return found ? json(Object.assign(found, { reviewed: iso(Date.now()), reviewer: 'second' })) : missing();
    }],
    ['DELETE', /^\/trust\/evidence\/([\w-]+)$/, 'trust:write', ({ params }) => { items.splice(items.findIndex((each) => each.id === params[0]), 1); return gone(); }],
    ['GET', /^\/trust\/requests$/, 'trust:read', () => page(requests)],
    ['POST', /^\/trust\/requests\/([\w-]+)\/approve$/, 'trust:release', ({ params, body }) => {
      const found = find(requests, params[0]);
      if (!found) return missing();
      Object.assign(found, { state: 'approved', expires: iso(Date.now() + Number(body.days) * day), downloads_allowed: body.downloads });
      return json({ request: found, channel: null, link: 'https://warder.example/trust/document/secret', problem: 'there is no channel for mail' });
    }],
    ['POST', /^\/trust\/requests\/([\w-]+)\/(refuse|revoke)$/, 'trust:release', ({ params }) => {
      const found = find(requests, params[0]);
      return found ? json(Object.assign(found, { state: params[1] === 'refuse' ? 'refused' : 'revoked' })) : missing();
    }],
  ];
}

function privacy(now: number): Route[] {
  let rules: unknown = [];
  const groups = [{ name: 'users', fields: ['user.name', 'actor.user'] }, { name: 'addresses', fields: ['source.ip'] }];
  const collection = () => json({ rules, groups, agents_may_forward: (rules as unknown[]).length === 0 });
  const requests: Json[] = [];
  const of = (id: string | undefined, change: (request: Json) => unknown) => {
    const found = find(requests, id);
    return found ? json(change(found)) : missing();
  };
  const stepped = (step: unknown): Json => {
    const time = iso(Date.now());
    if (step === 'check-identity') return { identity_checked: time, state: 'open' };
    if (step === 'extend') return { extended: time, due: iso(now + 90 * day) };
    return { closed: time, state: step === 'refuse' ? 'refused' : 'done' };
  };
  return [
    ['GET', /^\/privacy\/collection$/, 'privacy:read', collection],
    ['PUT', /^\/privacy\/collection$/, 'privacy:write', ({ body }) => { rules = body.rules; return collection(); }],
    ['GET', /^\/privacy\/notice$/, 'privacy:read', () => json({ version: '1', modules: [] })],
    ['GET', /^\/subject-requests$/, 'subjects:read', () => page(requests)],
    ['POST', /^\/subject-requests$/, 'subjects:write', ({ body }) => {
      const made = { id: randomUUID(), state: 'received', received: iso(Date.now()), due: iso(Date.now() + 30 * day), identity_checked: null, extended: null, closed: null, notes: [], ...body };
      requests.unshift(made);
      return json(made, 201);
    }],
    ['POST', /^\/subject-requests\/([\w-]+)\/steps$/, 'subjects:write', ({ params, body }) =>
      of(params[0], (found) => Object.assign(found, stepped(body.step), { notes: [...(found.notes as Json[]), { time: iso(Date.now()), by: 'admin', text: body.note }] }))],
    ['POST', /^\/subject-requests\/([\w-]+)\/export$/, 'subjects:write', ({ params }) => of(params[0], () => ({ accounts: [], events: [], complete: true }))],
    ['POST', /^\/subject-requests\/([\w-]+)\/erasures$/, 'subjects:write', ({ params }) => find(requests, params[0])?.right !== 'erasure' ? problem(409, 'Conflict', 'it is no request of erasure') : of(params[0], () => ({ time: iso(Date.now()), events: 3, kept: 0, accounts: 0, complete: true, sha256: 'ef'.repeat(32) }))],
  ];
}

function choices(now: number, me: string): Route[] {
  const terms: Json[] = [{ version: 1, since: iso(now - 30 * day), published_by: me, text: both('For your own review only.', 'ご自身の確認のためだけにお使いください。') }];
  let modules: unknown = { ips: 30 };
  const retention = () => json({ longest_days: 90, modules });
  return [
    ['GET', /^\/trust\/terms$/, 'trust:read', () => page(terms)],
    ['POST', /^\/trust\/terms$/, 'trust:release', ({ body }) => {
      terms.unshift({ version: terms.length + 1, since: iso(Date.now()), published_by: me, text: body });
      return json(terms[0], 201);
    }],
    ['GET', /^\/events\/retention$/, 'events:read', retention],
    ['PUT', /^\/events\/retention$/, 'retention:write', ({ body }) => { modules = body.modules; return retention(); }],
    ['POST', /^\/privacy\/pseudonyms$/, 'pseudonyms:resolve', ({ body }) => json({ pseudonym: 'psn-0123456789abcdef0123', ...(body.pseudonym ? { same: body.pseudonym === 'psn-0123456789abcdef0123' } : {}) })],
  ];
}

export const makeTrust = (now: number, me: string): Route[] => [...promises(now), ...register(now, me), ...privacy(now), ...choices(now, me)];
