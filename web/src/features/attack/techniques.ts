// MITRE ATT&CK (Enterprise): the techniques that rules of the product name, with their tactics. Names are MITRE's own and
// stay English. techniques.test.ts fails when a rule names one that is not here.
export const tactics = ['reconnaissance', 'initial-access', 'execution', 'persistence', 'privilege-escalation', 'defense-evasion', 'credential-access', 'discovery', 'lateral-movement', 'collection', 'impact'] as const;
export type Tactic = (typeof tactics)[number];

export interface Technique {
  id: string;
  name: string;
  tactics: readonly Tactic[];
}

const technique = (id: string, name: string, ...of: Tactic[]): Technique => ({ id, name, tactics: of });

export const techniques: readonly Technique[] = [
  technique('T1005', 'Data from Local System', 'collection'),
  technique('T1021', 'Remote Services', 'lateral-movement'),
  technique('T1040', 'Network Sniffing', 'credential-access', 'discovery'),
  technique('T1046', 'Network Service Discovery', 'discovery'),
  technique('T1053', 'Scheduled Task/Job', 'execution', 'persistence', 'privilege-escalation'),
  technique('T1059', 'Command and Scripting Interpreter', 'execution'),
  technique('T1068', 'Exploitation for Privilege Escalation', 'privilege-escalation'),
  technique('T1070', 'Indicator Removal', 'defense-evasion'),
  technique('T1078', 'Valid Accounts', 'initial-access', 'persistence', 'privilege-escalation', 'defense-evasion'),
  technique('T1083', 'File and Directory Discovery', 'discovery'),
  technique('T1087', 'Account Discovery', 'discovery'),
  technique('T1098', 'Account Manipulation', 'persistence', 'privilege-escalation'),
  technique('T1110', 'Brute Force', 'credential-access'),
  technique('T1133', 'External Remote Services', 'initial-access', 'persistence'),
  technique('T1136', 'Create Account', 'persistence'),
  technique('T1190', 'Exploit Public-Facing Application', 'initial-access'),
  technique('T1203', 'Exploitation for Client Execution', 'execution'),
  technique('T1204', 'User Execution', 'execution'),
  technique('T1489', 'Service Stop', 'impact'),
  technique('T1499', 'Endpoint Denial of Service', 'impact'),
  technique('T1505', 'Server Software Component', 'persistence'),
  technique('T1525', 'Implant Internal Image', 'persistence'),
  technique('T1531', 'Account Access Removal', 'impact'),
  technique('T1547', 'Boot or Logon Autostart Execution', 'persistence', 'privilege-escalation'),
  technique('T1548', 'Abuse Elevation Control Mechanism', 'privilege-escalation', 'defense-evasion'),
  technique('T1552', 'Unsecured Credentials', 'credential-access'),
  technique('T1562', 'Impair Defenses', 'defense-evasion'),
  technique('T1565', 'Data Manipulation', 'impact'),
  technique('T1595', 'Active Scanning', 'reconnaissance'),
  technique('T1609', 'Container Administration Command', 'execution'),
  technique('T1610', 'Deploy Container', 'defense-evasion', 'execution'),
  technique('T1611', 'Escape to Host', 'privilege-escalation'),
  technique('T1613', 'Container and Resource Discovery', 'discovery'),
];

/** T1110 of T1110.001. */
export const parentOf = (id: string) => id.split('.', 1)[0] ?? id;

/** How often each technique is named, its sub-techniques included; `named` are lists as "T1110.001,T1078". */
export function countTechniques(named: Iterable<{ list: string; count: number }>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { list, count } of named) {
    const parents = new Set(list.split(/[\s,]+/).filter((id) => /^T\d{4}(\.\d{3})?$/.test(id)).map(parentOf));
    for (const id of parents) counts.set(id, (counts.get(id) ?? 0) + count);
  }
  return counts;
}
