// What the stand-in's agents answer, and which of their commands take a second person.
import { type Json, problem } from './http.ts';

const held = [{ id: 'f1', time: '2026-11-27T09:00:00Z', signature: 'Warder.Test.A', bytes: 4096, path: '/srv/upload/bad.bin', sha256: '9f'.repeat(32), mode: 33_188 }];

export function outputOf({ module, name, arguments: given }: Json): Json {
  const id = (given as Json | undefined)?.id;
  if (name === 'quarantine-list') return { files: held, count: held.length, unreadable: 0, bytes: held.reduce((sum, each) => sum + each.bytes, 0) };
  if (name === 'quarantine-export') return { content: btoa('harmless') };
  if (name === 'quarantine-restore' || name === 'quarantine-delete') {
    held.splice(held.findIndex((each) => each.id === id), 1);
    return { path: '/srv/upload/bad.bin' };
  }
  if (module === 'firewall') return { installed: true, mode: 'inline', rules: 2, isolated: false, isolation_allow: [], awaits_manager: name !== 'retry', rolled_back: false, blocked: [{ address: '203.0.113.66', remaining_s: 60 }], alerts: [] };
  return { ok: true };
}

const permits: Json = { 'quarantine-restore': 'anti-malware.restore', 'quarantine-export': 'anti-malware.export' };

export function needsPermit(agent: string, { name, arguments: given }: Json, approvalId: string | null, approvals: Json[]): Response | undefined {
  const action = permits[String(name)];
  if (!action) return undefined;
  const object = `agent:${agent}:${(given as Json | undefined)?.id}`;
  const permit = approvals.find((each) => each.id === approvalId && each.action === action && each.object === object && each.state === 'approved');
  if (!permit) return problem(403, 'Forbidden', `${name} takes a second person`);
  permit.state = 'used';
  return undefined;
}
