// The rules that the stand-in's policies have, and its idea of what they do with a packet.
import type { Json } from './http.ts';

const rule = (id: string, action: string, priority: number, port: string, inForce = true) => ({
  id, name: '', direction: 'incoming', priority, action, in_force: inForce, definition: { id, action, priority, protocol: 'tcp', destination_ports: [port] },
});
const rules = [rule('no-telnet', 'deny', 2, '23'), rule('telnet', 'allow', 0, '23'), rule('web', 'allow', 0, '443'), rule('maintenance', 'allow', 0, '22', false)];

function decide(text: string): Json {
  const port = /:(\d+)$/.exec(text.split(' ')[4] ?? '')?.[1] ?? '';
  const inForce = rules.filter((each) => each.in_force);
  const found = inForce.find((each) => each.definition.destination_ports.includes(port));
  const said = ({ id, action, priority }: (typeof rules)[0]): Json => (id === found?.id ? { rule: id, action, priority, matches: true } : { rule: id, action, priority, matches: false, why_not: 'another destination port' });
  return {
    packet: {}, text, verdict: found?.action === 'allow' ? 'accept' : 'drop', enforced: true, stage: found ? 'rule' : 'implicit-deny', rule: found?.id ?? null, action: found?.action ?? null, priority: found?.priority ?? null,
    reason: found ? found.action : 'no allow rule of this direction matches, and there is one', state: 'new', bypasses_inspection: false, code: null, log_rule: null, logged: true, considered: inForce.map(said),
  };
}

export const firewallRules = (id: string, packet: string | null): Json => ({
  policy_id: id, mode: 'inline', enabled: true, commit_confirm_s: 60, rules_total: rules.length, rules, analysed: true,
  findings: [{ problem: 'shadowed', rule: 'telnet', other: 'no-telnet', text: 'rule telnet is never reached: no-telnet takes what it matches' }],
  decision: packet ? decide(packet) : null,
});
