// The stand-in's written policies: one that is acknowledged by some, one that somebody else has filed, and what the one
// who is logged in must acknowledge.
import { createHash, randomUUID } from 'node:crypto';
import { type Json, json, page, problem, type Route } from './http.ts';

const day = 86_400_000;
const iso = (time: number) => new Date(time).toISOString();
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const missing = () => problem(404, 'Not found', 'no such policy');

interface Version extends Json {
  number: number;
  title: string;
  owner: string;
  deputy: string;
  filed_by: string;
  media_type: string;
  sha256: string;
  reviewed: string | null;
}
interface Policy {
  id: string;
  subject: string;
  newest: Version;
  held: Version | null;
  words: Map<number, string>;
  /** When each has acknowledged the version in force. */
  acknowledged: Map<string, string>;
  etag: number;
}

const answerWords = (policy: Policy, number: number) => new Response(policy.words.get(number), { headers: { 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment; filename="policy.txt"' } });

export function makeWrittenPolicies(now: number, me: { id: string; username: string }): Route[] {
  const audience = [me, { id: randomUUID(), username: 'mei' }, { id: randomUUID(), username: 'olga' }, { id: randomUUID(), username: 'tom' }];
  const version = (number: number, filedBy: string, filed: number, { text = '', document, ...draft }: Json): [Version, string] => {
    const words = String(document ? atob(String(document)) : text);
    const media = document ? 'application/pdf' : 'text/plain; charset=utf-8';
    return [{ number, title: '', owner: '', deputy: '', roles: [], cadence_days: 365, grace_days: 14, ...draft, media_type: media, sha256: hash(words), filed: iso(filed), filed_by: filedBy, reviewer: null, reviewed: null }, words];
  };
  const make = (subject: string, filedBy: string, filed: number, draft: Json): Policy => {
    const [newest, words] = version(1, filedBy, filed, draft);
    return { id: randomUUID(), subject, newest, held: null, words: new Map([[1, words]]), acknowledged: new Map(), etag: 1 };
  };
  const hold = (policy: Policy, reviewer: string, time: number) => {
    policy.newest = { ...policy.newest, reviewer, reviewed: iso(time) };
    policy.held = policy.newest;
    policy.acknowledged.clear();
  };
  const use = make('acceptable-use', 'olga', now - 30 * day, { title: 'Acceptable use', owner: 'olga', deputy: 'tom', text: 'Lock your screen when you leave it.\n\nNever share a password.' });
  hold(use, 'mei', now - 20 * day);
  use.acknowledged.set('mei', iso(now - 19 * day));
  const consequences = make('consequences', 'olga', now - day, { title: 'What follows when rules are broken', owner: 'olga', text: 'First a talk, then a warning.' });
  const policies = [use, consequences];

  const readerOf = ({ held, acknowledged }: Policy, person: { id: string; username: string }) => {
    const time = acknowledged.get(person.username) ?? null;
    const deadline = Date.parse(held?.reviewed ?? '') + Number(held?.grace_days) * day;
    const open = { state: deadline < Date.now() ? 'overdue' : 'due', deadline: iso(deadline) };
    return { user_id: person.id, username: person.username, acknowledged: time, ...(time ? { state: 'complete', deadline: iso(Date.parse(time) + 365 * day) } : open) };
  };
  const readersOf = (policy: Policy) => (policy.held ? audience.map((person) => readerOf(policy, person)) : []);
  const shown = (policy: Policy): Json => {
    const readers = readersOf(policy);
    const count = (state: string) => readers.filter((each) => each.state === state).length;
    const [people, complete, due, overdue] = [readers.length, count('complete'), count('due'), count('overdue')];
    const state = !policy.held ? 'draft' : overdue > 0 ? 'overdue' : due > 0 ? 'due' : 'complete';
    return { id: policy.id, subject: policy.subject, state, newest: policy.newest, in_force: policy.held, people, complete, due, overdue, etag: `"${policy.etag}"` };
  };
  const own = (policy: Policy): Json => {
    const { user_id: _id, username: _name, ...standing } = readerOf(policy, me);
    const { title, owner, number, media_type, sha256, reviewed } = policy.held ?? policy.newest;
    return { id: policy.id, title, owner, version: number, media_type, sha256, in_force: reviewed, ...standing };
  };
  const of = (id: string | undefined, answer: (policy: Policy) => Response) => {
    const found = policies.find((each) => each.id === id);
    return found ? answer(found) : missing();
  };
  const ofOwn = (id: string | undefined, answer: (policy: Policy, held: Version) => Response) => of(id, (policy) => (policy.held ? answer(policy, policy.held) : missing()));

  return [
    ['GET', /^\/trust\/policies$/, 'trust:read', () => page(policies.map(shown))],
    ['POST', /^\/trust\/policies$/, 'trust:write', ({ body: { subject, ...draft } }) => {
      policies.push(make(String(subject), me.username, Date.now(), draft));
      return json(shown(policies.at(-1) ?? use), 201);
    }],
    ['GET', /^\/trust\/policies\/([\w-]+)$/, 'trust:read', ({ params }) => of(params[0], (policy) => json(shown(policy)))],
    ['DELETE', /^\/trust\/policies\/([\w-]+)$/, 'trust:write', ({ params, request }) => of(params[0], (policy) => {
      if (request.headers.get('if-match') !== `"${policy.etag}"`) return problem(412, 'Precondition failed', 'The object has changed since it was read.');
      policies.splice(policies.indexOf(policy), 1);
      return new Response(null, { status: 204 });
    })],
    ['POST', /^\/trust\/policies\/([\w-]+)\/versions$/, 'trust:write', ({ params, body }) => of(params[0], (policy) => {
      const [newest, text] = version(policy.newest.number + 1, me.username, Date.now(), body);
      policy.newest = newest;
      policy.words.set(newest.number, text);
      policy.etag += 1;
      return json(shown(policy), 201);
    })],
    ['POST', /^\/trust\/policies\/([\w-]+)\/review$/, 'trust:review', ({ params, body }) => of(params[0], (policy) => {
      const { newest } = policy;
      if (newest.number !== body.version) return problem(409, 'Conflict', 'there is a newer version to review');
      if ([newest.owner, newest.deputy, newest.filed_by].includes(me.username)) return problem(403, 'Forbidden', 'somebody must review it who neither answers for it nor has filed it');
      hold(policy, me.username, Date.now());
      policy.etag += 1;
      return json(shown(policy));
    })],
    ['GET', /^\/trust\/policies\/([\w-]+)\/people$/, 'trust:read', ({ params }) => of(params[0], (policy) => page(readersOf(policy)))],
    ['GET', /^\/trust\/policies\/([\w-]+)\/document$/, 'trust:read', ({ params }) => of(params[0], (policy) => answerWords(policy, policy.newest.number))],
    ['GET', /^\/trust\/own-policies$/, 'self', () => page(policies.filter((each) => each.held).map(own))],
    ['GET', /^\/trust\/own-policies\/([\w-]+)\/document$/, 'self', ({ params }) => ofOwn(params[0], (policy, held) => answerWords(policy, held.number))],
    ['POST', /^\/trust\/own-policies\/([\w-]+)\/acknowledgements$/, 'self', ({ params, body }) => ofOwn(params[0], (policy, held) => {
      if (held.number !== body.version) return problem(409, 'Conflict', 'that version is not in force; read the one that is');
      policy.acknowledged.set(me.username, iso(Date.now()));
      return json(own(policy));
    })],
  ];
}
