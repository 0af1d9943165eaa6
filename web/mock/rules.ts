// A few of the product's rules, and an engine that knows one word.
import { type Json, json, page, problem, type Route } from './http.ts';

const rules: Json[] = [
  { module: 'log-inspection', id: '710101', title: 'sshd: a login failed', pack: 'sshd', severity: 'medium', level: 5, techniques: ['T1110.001'], cves: [] },
  { module: 'log-inspection', id: '710110', title: 'sshd: many logins failed', pack: 'sshd', severity: 'high', level: 10, techniques: ['T1110'], cves: [] },
  { module: 'ips', id: '1:9000001', title: 'Log4Shell in a header', pack: 'web-attacks', severity: null, level: null, techniques: [], cves: ['CVE-2021-44228'] },
  { module: 'integrity', id: 'accounts', title: 'Accounts and groups', pack: 'accounts', severity: 'critical', level: null, techniques: [], cves: [] },
];

const finding = (line: string): Json => {
  const failed = line.includes('Failed');
  return { line, decoder: line.includes('sshd') ? 'sshd' : '', fields: failed ? { srcip: '192.0.2.7' } : {}, rule_id: failed ? 710_101 : null, level: failed ? 5 : 0, description: failed ? 'sshd: a login failed' : '', groups: [], mitre: [], alert: failed, sigma: [], trace: ['710101'] };
};

interface SupposedPath {
  path: string;
  type: string;
  was?: Json;
  is?: Json;
}

/** Knows one thing of rules: a base, and whether the path is below it. */
function tried(rules: string, paths: SupposedPath[]) {
  if (!/base[=:]/.test(rules)) return { rules: 0, problem: 'line 1: FileSet: base is missing', others: 0, results: [] };
  const base = /base[=:]\s*"?(\/[\w/.-]*)/.exec(rules)?.[1] ?? '/';
  const results = paths.map(({ path, type, was, is }) => {
    const isBelow = `${path}/`.startsWith(base === '/' ? '/' : `${base}/`);
    const decision = type === 'directory' ? 'other-kind' : isBelow ? 'watched' : 'outside-base';
    const differs = was && is && JSON.stringify(was) !== JSON.stringify(is) && decision === 'watched';
    const set = { rule: 'rule', set: 'FileSet', base, decision, by: null, attributes: ['permissions', 'sha256'], real_time: true };
    return { path, watched: decision === 'watched', depends_on_file: false, sets: [set], changes: differs ? [{ change: 'updated', rule: 'rule', severity: 'medium', was: { permissions: was.permissions }, is: { permissions: is.permissions }, real_time: true }] : [] };
  });
  return { rules: 1, problem: null, others: 0, results };
}

const textOf = ({ module, id }: Json) => (module === 'integrity' ? `- id: ${id}\n  sets:\n    - FileSet: {base: /etc}` : `<rule id="${id}" level="5">\n</rule>`);

export const makeRules = (base: { id: string; name: string }): Route[] => [
  ['GET', /^\/rules$/, 'policies:read', ({ url }) => {
    const wanted = (key: string) => url.searchParams.get(key);
    const words = (wanted('search') ?? '').toLowerCase().split(' ');
    return page(rules.filter((rule) =>
      (!wanted('module') || rule.module === wanted('module')) && (!wanted('pack') || rule.pack === wanted('pack')) &&
      (!wanted('technique') || (rule.techniques as string[]).some((each) => each.startsWith(wanted('technique') ?? ''))) &&
      words.every((word) => JSON.stringify(rule).toLowerCase().includes(word))));
  }],
  ['GET', /^\/rules\/([^/]+)\/([^/]+)$/, 'policies:read', ({ params: [module, id] }) => {
    const rule = rules.find((each) => each.module === module && each.id === decodeURIComponent(id ?? ''));
    if (!rule) return problem(404, 'Not found', `rule ${id} did not come with the product`);
    const settings = [{ setting: 'exceptions', value: `${rule.id} until 2030-01-01 by ops` }];
    return json({
      ...rule, pack_version: '2026.11', pack_description: `Rules of ${rule.pack}`, file: `${rule.pack}/rules.xml`, text: textOf(rule),
      references: ['https://example.com/advisory'], policies: rule.pack === 'sshd' ? [{ id: base.id, name: base.name, hosts: 3, settings }] : [],
    });
  }],
  ['GET', /^\/rule-packs$/, 'policies:read', () => page(['sshd', 'web-attacks', 'accounts'].map((name) => ({
    module: rules.find((each) => each.pack === name)?.module, name, version: '2026.11', description: name, rules: 1, policies: name === 'sshd' ? [{ id: base.id, name: base.name }] : [],
  })))],
  ['POST', /^\/integrity-rule-tests$/, 'policies:write', ({ body }) => json(tried(String(body.rules), body.paths as SupposedPath[]))],
  ['POST', /^\/capture-rule-tests$/, 'policies:write', () => json({ rules: 120, problems: [], complete: true, ended: null, frames: 2, packets: 2, flows: 1, total: 1, findings: [{ time: '2026-11-25T10:00:01Z', rule: '1:5', revision: 1, message: 'a name that nobody wants', pack: '', blocked: true, source: '192.0.2.1', source_port: 40_000, destination: '198.51.100.2', destination_port: 53, protocol: 17, app: 'dns', packet: 2 }] })],
  ['POST', /^\/file-rule-tests$/, 'policies:write', () => json({ verdict: 'infected', engine: 'yara', signature: 'own_rule', reason: '', rules: 1, signatures: 0, warnings: [], sha256: 'ab'.repeat(32), left_out: ['main.cvd'] })],
  ['POST', /^\/log-rule-tests$/, 'policies:write', ({ body }) => json({ problems: String(body.rules ?? '').includes('<broken') ? [{ file: 'rules', line: 1, message: 'not closed', severity: 'error' }] : [], rules: 812, results: (body.lines as string[]).map(finding), complete: true })],
];
