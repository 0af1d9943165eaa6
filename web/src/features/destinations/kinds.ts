// What the form asks for each kind of destination: settings with their names in the API. Others stay as they are.

export interface KindField {
  key: string;
  input: 'text' | 'number' | 'area' | 'switch' | 'list' | readonly string[];
  initial: string | number | boolean;
  required?: boolean;
}
export interface Kind {
  fields: readonly KindField[];
  needsSecret: boolean;
}

const url: KindField = { key: 'url', input: 'text', initial: '', required: true };
const plain: KindField = { key: 'allow_http', input: 'switch', initial: false };
const authorities: KindField = { key: 'ca_pem', input: 'area', initial: '' };
const ownCertificate: KindField = { key: 'certificate_pem', input: 'area', initial: '' };

export const kindNames = ['syslog', 'webhook', 'splunk', 'opensearch', 'kafka', 'sns'] as const;
export type KindName = (typeof kindNames)[number];

export const kinds: Record<KindName, Kind> = {
  syslog: {
    needsSecret: false,
    fields: [
      { key: 'host', input: 'text', initial: '', required: true },
      { key: 'port', input: 'number', initial: 6514 },
      { key: 'transport', input: ['tls', 'tcp', 'udp'], initial: 'tls' },
      authorities,
      ownCertificate,
    ],
  },
  webhook: { needsSecret: false, fields: [url, plain, authorities, { key: 'body', input: ['batch', 'event'], initial: 'batch' }, { key: 'headers', input: 'list', initial: '' }] },
  splunk: {
    needsSecret: true,
    fields: [url, plain, authorities, { key: 'index', input: 'text', initial: '' }, { key: 'sourcetype', input: 'text', initial: 'warder:event' }, { key: 'acknowledge', input: 'switch', initial: false }],
  },
  opensearch: { needsSecret: false, fields: [url, plain, authorities, { key: 'index', input: 'text', initial: 'warder-%Y.%m.%d', required: true }] },
  kafka: {
    needsSecret: false,
    fields: [
      { key: 'brokers', input: 'list', initial: '', required: true },
      { key: 'topic', input: 'text', initial: '', required: true },
      { key: 'key', input: ['host', 'tenant'], initial: 'host' },
      { key: 'tls', input: 'switch', initial: true },
      authorities,
      ownCertificate,
      { key: 'sasl', input: ['none', 'plain', 'scram-sha-256', 'scram-sha-512'], initial: 'none' },
      { key: 'username', input: 'text', initial: '' },
    ],
  },
  sns: {
    needsSecret: false,
    fields: [
      { key: 'topic_arn', input: 'text', initial: '', required: true },
      { key: 'endpoint', input: 'text', initial: '' },
      plain,
      authorities,
      { key: 'body', input: ['list', 'event'], initial: 'list' },
    ],
  },
};

export const kindOf = (name: string): KindName => kindNames.find((each) => each === name) ?? 'syslog';

export type Shown = Record<string, string | number | boolean>;

/** What the form shows: lists as lines. What is not stored is as it is by default. */
export function shownSettings(kind: KindName, stored: Record<string, unknown> = {}): Shown {
  return Object.fromEntries(
    kinds[kind].fields.map(({ key, input, initial }) => {
      const value = stored[key];
      if (input === 'list' && Array.isArray(value)) return [key, value.join('\n')];
      return [key, typeof value === typeof initial ? (value as string) : initial];
    }),
  );
}

const lines = (value: unknown) =>
  String(value)
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** What is sent: what the form does not show stays. */
export function sentSettings(kind: KindName, shown: Shown, stored: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...stored, ...Object.fromEntries(kinds[kind].fields.map(({ key, input }) => [key, input === 'list' ? lines(shown[key]) : shown[key]])) };
}

/** Keys of settings that must be there and are not. */
export const missingSettings = (kind: KindName, shown: Shown): string[] =>
  kinds[kind].fields.filter(({ key, required }) => required && !String(shown[key] ?? '').trim()).map(({ key }) => key);
