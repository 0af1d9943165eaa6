// What the stand-in manager starts with. Times are counted back from `now`.
import { randomUUID } from 'node:crypto';

const severities = ['info', 'low', 'medium', 'high', 'critical'] as const;
const kinds = [
  { module: 'integrity', type: 'integrity.file.updated', severity: 2, en: 'File changed', ja: 'ファイルが変更されました' },
  { module: 'integrity', type: 'integrity.file.created', severity: 1, en: 'File created', ja: 'ファイルが作成されました' },
  { module: 'integrity', type: 'integrity.file.deleted', severity: 3, en: 'File deleted', ja: 'ファイルが削除されました' },
  { module: 'agent', type: 'agent.started', severity: 0, en: 'Agent started', ja: 'エージェントが起動しました' },
  { module: 'agent', type: 'agent.tamper.stop', severity: 4, en: 'Attempt to stop the agent', ja: 'エージェントを停止しようとしました' },
] as const;
const files = ['/etc/passwd', '/etc/ssh/sshd_config', '/usr/bin/sudo', '/etc/cron.d/backup', '/root/.ssh/authorized_keys'];
const hosts = ['web-1', 'web-2', 'db-1'];

export interface MockEvent {
  id: string;
  time: string;
  received: string;
  agent_id: string | null;
  host: string;
  module: string;
  type: string;
  severity: (typeof severities)[number];
  action: string;
  rule: string;
  asset_value: number;
  rank: number;
  tags: string[];
  titles: { en: string; ja: string };
  fields: Record<string, string | number | boolean>;
}

export function makeEvent(number: number, time: Date, agents: { id: string; hostname: string }[]): MockEvent {
  const kind = kinds[(number * 7) % kinds.length] ?? kinds[0];
  const host = hosts[number % hosts.length] ?? 'web-1';
  const file = files[(number * 3) % files.length] ?? '/etc/passwd';
  const isFile = kind.module === 'integrity';
  const suffix = isFile ? `: ${file}` : '';
  return {
    id: randomUUID(),
    time: time.toISOString(),
    received: time.toISOString(),
    agent_id: agents.find((agent) => agent.hostname === host)?.id ?? null,
    host,
    module: kind.module,
    type: kind.type,
    severity: severities[kind.severity] ?? 'info',
    action: 'logged',
    rule: isFile ? 'integrity.watch' : '',
    asset_value: host === 'db-1' ? 50 : 1,
    rank: (host === 'db-1' ? 50 : 1) * (kind.severity * 25 || 1),
    tags: [],
    titles: { en: kind.en + suffix, ja: kind.ja + suffix },
    fields: isFile
      ? { 'file.path': file, 'file.size': 1000 + number, 'user.name': number % 2 ? 'root' : 'alice', 'process.executable': '/usr/bin/vim.basic' }
      : { 'agent.version': '0.1.0' },
  };
}

export function makeAgents(now: number) {
  return hosts.map((hostname, index) => ({
    id: randomUUID(),
    hostname,
    state: index === 2 ? 'offline' : 'online',
    group_id: null as string | null,
    policy_id: null as string | null,
    asset_value: index === 0 ? 30 : (null as number | null),
    policy_state: index === 1 ? 'pending' : 'applied',
    policy_error: null,
    agent_version: '0.1.0',
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0-21-amd64',
    address: `192.0.2.${index + 10}`,
    enrolled: new Date(now - 9 * 86_400_000).toISOString(),
    last_seen: new Date(now - index * 1_900_000).toISOString(),
    certificate_expires: new Date(now + 21 * 86_400_000).toISOString(),
    clock_offset_ms: 12,
    modules: [
      { module: 'integrity', state: index === 1 ? 'degraded' : 'on', reason: index === 1 ? 'No fanotify: watching with inotify' : null, counters: { files: 4211, changes: 18 } },
      ...['anti-malware', 'firewall', 'ips', 'log-inspection'].map((module) => ({ module, state: 'off', reason: null, counters: {} })),
    ],
    spool_events: 0,
    warnings: index === 2 ? ['Clock is 7 minutes ahead of the manager'] : [],
    etag: `"a${index}"`,
  }));
}

export const policySchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  additionalProperties: false,
  properties: {
    integrity: {
      type: 'object',
      description: 'Watches files and directories and reports every change.',
      additionalProperties: false,
      properties: {
        enabled: { type: 'boolean', default: true, description: 'Whether the module runs.' },
        watch: { type: 'array', items: { type: 'string', minLength: 1 }, default: ['/etc', '/usr/bin', '/usr/sbin'], maxItems: 100, description: 'Directories and files to watch.' },
        exclude: { type: 'array', items: { type: 'string' }, default: ['/etc/mtab'], maxItems: 1000, description: 'What to leave out of them.' },
        rescan_s: { type: 'integer', default: 3600, minimum: 60, maximum: 604_800, description: 'Seconds between two complete comparisons with the baseline.' },
        hash: { type: 'string', enum: ['sha256', 'none'], default: 'sha256', description: 'The hash of contents.' },
      },
    },
    agent: {
      type: 'object',
      description: 'The agent itself.',
      additionalProperties: false,
      properties: {
        heartbeat_s: { type: 'integer', default: 30, minimum: 5, maximum: 3600, description: 'Seconds between heartbeats.' },
        self_protection: { type: 'boolean', default: true, description: 'Stopping and uninstalling want a maintenance token.' },
      },
    },
  },
};
