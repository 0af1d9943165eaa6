// What has changed on a host since its baseline: the stand-in folds no events, it tells a few objects.
import { randomUUID } from 'node:crypto';
import type { MockEvent } from './data.ts';
import { type Json, json, problem, type Route } from './http.ts';

interface Known {
  agents: { id: string; state: string; last_seen: string | null }[];
  events: MockEvent[];
  now: number;
}

const difference = (name: string, was: string | null, is: string | null) => ({ name, was, is });

function changesOf(agentId: string, { events, now }: Known) {
  const ago = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
  // A real event, so that it can be approved; once it is, so is what it is about.
  const own = events.find((each) => each.agent_id === agentId && each.type.startsWith('integrity.file.'));
  const approval = own?.fields['change.explained_by'];
  const id = own?.id ?? randomUUID();
  const one = (kind: string, key: string, change: string, attributes: unknown[], more: Json = {}) => {
    const explained = more.approved === true ? 'package nginx 1.22.1-9' : null;
    const last = ago(2);
    return {
      kind, key, change, attributes, moved_from: null, moved_to: null, severity: explained ? 'info' : 'high', first: ago(30), last, events: 2,
      newest_events: [{ id, time: last, severity: explained ? 'info' : 'high', explained_by: explained }], approved: false, explained_by: explained ? [explained] : [], ...more,
    };
  };
  return [
    one('file', '/etc/ssh/sshd_config', 'updated', [difference('content', 'a'.repeat(64), 'b'.repeat(64)), difference('mode', '0600', '0644')], approval ? { approved: true } : {}),
    one('file', '/usr/sbin/nginx', 'updated', [difference('acl', null, null), difference('size', '1240136', '1240648')], { approved: true }),
    one('file', '/etc/cron.d/backup', 'created', [difference('mode', null, '0644'), difference('owner', null, 'root')], { moved_from: '/etc/cron.d/.new' }),
    one('file', '/etc/motd', 'replaced', []),
    one('port', 'tcp/0.0.0.0/4444', 'created', [difference('executable', null, '/tmp/.x')]),
    one('user', 'games', 'deleted', [difference('shell', '/usr/sbin/nologin', null)]),
  ];
}

export function changeRoutes(known: Known): Route[] {
  return [
    ['GET', /^\/agents\/([\w-]+)\/changes$/, 'events:read', ({ params, url }) => {
      const agent = known.agents.find((each) => each.id === params[0]);
      if (!agent) return problem(404, 'Not found', 'There is no such agent.');
      const all = changesOf(agent.id, known);
      const asked = (name: string) => url.searchParams.get(name);
      const items = all
        .filter((each) => each.key.toLowerCase().includes((asked('q') ?? '').toLowerCase()))
        .filter((each) => (asked('kind') ?? each.kind) === each.kind && (asked('change') ?? each.change) === each.change && (asked('approved') ?? String(each.approved)) === String(each.approved));
      const baseline = new Date(known.now - 20 * 86_400_000).toISOString();
      return json({
        items, next_cursor: null, since: asked('from') ?? baseline, start: asked('from') ? 'asked' : 'baseline', baseline, extended: null, last_seen: agent.last_seen,
        gaps: agent.state === 'online' ? [] : ['offline'], events: 12, changes: all.length, matching: items.length,
      });
    }],
    ['POST', /^\/events\/([\w-]+)\/explanation$/, 'events:explain', ({ params, body }) => {
      const event = known.events.find((each) => each.id === params[0]);
      if (!event) return problem(404, 'Not found', 'There is no such event.');
      Object.assign(event.fields, { 'change.explained_by': 'approval of admin', 'change.explained_reason': String(body.reason), 'change.severity_was': event.severity });
      event.severity = 'info';
      return json(event);
    }],
  ];
}
