// The stand-in's roll-outs: one that runs, one that was backed out.
import { randomUUID } from 'node:crypto';
import { type Json, json, page, problem, type Route } from './http.ts';

interface Thing {
  id: string;
}

const ring = (name: string, percent: number | null, counts: Json | null) => ({ name, percent, group_ids: [], tag: null, counts });
const counts = (hosts: number, healthy: number, unhealthy = 0) => ({ hosts, healthy, unhealthy, waiting: hosts - healthy - unhealthy, absent: 0 });

export function makeRollouts(now: number, policyId: string, agents: (Thing & { hostname: string })[]): Route[] {
  const make = (change: Json): Json & Thing => ({
    id: randomUUID(), policy_id: policyId, document: { integrity: { rescan_s: 900 } }, base_version: 1, opened: 1, soak_s: 900, max_unhealthy_percent: 0, state: 'running', reason: null,
    started: new Date(now - 600_000).toISOString(), started_by: 'system', ring_started: new Date(now - 500_000).toISOString(), ended: null,
    rings: [ring('canary', 5, counts(1, 1)), ring('*', 100, null)], ...change,
  });
  const rollouts: (Json & Thing)[] = [
    make({}),
    make({ state: 'backed-out', reason: '1 of 1 hosts are not well in ring canary', ended: new Date(now - 86_000_000).toISOString(), started: new Date(now - 86_400_000).toISOString(), rings: [ring('canary', 5, counts(1, 0, 1)), ring('*', 100, null)] }),
  ];
  const find = (id: string | undefined) => rollouts.find((each) => each.id === id);
  const states: Record<string, Json> = { pause: { state: 'paused' }, resume: { state: 'running' }, advance: { opened: 2 }, 'back-out': { state: 'backed-out', reason: 'by hand', ended: new Date(now).toISOString() } };
  return [
    ['GET', /^\/policies\/([\w-]+)\/rollouts$/, 'policies:read', ({ params }) => page(rollouts.filter((each) => each.policy_id === params[0]))],
    ['POST', /^\/policies\/([\w-]+)\/rollouts$/, 'policies:write', ({ params, body }) => {
      if (rollouts.some((each) => each.policy_id === params[0] && !each.ended)) return problem(409, 'Conflict', 'A roll-out of this policy is under way.');
      const rollout = make({ ...body, policy_id: params[0], rings: [...(body.rings as Json[]).map((each) => Object.assign(ring('', null, null), each)), ring('*', 100, null)], opened: 0, ring_started: null, started: new Date().toISOString() });
      rollouts.unshift(rollout);
      return json(rollout, 201);
    }],
    ['GET', /^\/rollouts\/([\w-]+)\/hosts$/, 'policies:read', ({ params }) => {
      const isBad = find(params[0])?.state === 'backed-out';
      return page(agents.slice(0, 1).map((agent) => ({ agent_id: agent.id, hostname: agent.hostname, ring: 0, verdict: isBad ? 'unhealthy' : 'healthy', problem: isBad ? 'refused' : null })));
    }],
    ['POST', /^\/rollouts\/([\w-]+)\/steps$/, 'policies:write', ({ params, body }) => {
      const rollout = find(params[0]);
      return rollout ? json(Object.assign(rollout, states[String(body.step)])) : problem(404, 'Not found', 'There is no such roll-out.');
    }],
  ];
}
