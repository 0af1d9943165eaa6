// What the mock's hosts have.
interface Item {
  key: string;
  name: string;
  version: string | null;
  attributes: Record<string, string>;
}

const things: Record<string, Item[]> = {
  packages: [
    { key: 'dpkg/nginx/amd64', name: 'nginx', version: '1.22.1-9', attributes: { manager: 'dpkg', architecture: 'amd64', source: 'nginx' } },
    { key: 'dpkg/openssl/amd64', name: 'openssl', version: '3.0.11-1~deb12u2', attributes: { manager: 'dpkg', architecture: 'amd64', source: 'openssl' } },
    { key: 'python/django@/opt/app', name: 'django', version: '4.2.1', attributes: { manager: 'python', location: '/opt/app' } },
  ],
  services: [{ key: 'nginx.service', name: 'nginx.service', version: null, attributes: { start: 'enabled', state: 'active', command: '/usr/sbin/nginx -g daemon on' } }],
  sockets: [{ key: 'tcp/0.0.0.0/80', name: 'tcp/80', version: null, attributes: { address: '0.0.0.0', executable: '/usr/sbin/nginx', user: 'root', service: 'nginx.service' } }],
};

export function inventoryLists(now: number) {
  const time = new Date(now - 60_000).toISOString();
  return Object.entries(things).map(([kind, items]) => ({ kind, items: items.length, digest: '0'.repeat(64), collected: time, received: time }));
}

export function inventoryItems(agents: { id: string; hostname: string }[], kind: string, url: URL) {
  const wanted = (key: string) => url.searchParams.get(key) ?? '';
  return agents.flatMap((agent) =>
    (things[kind] ?? [])
      .filter((item) => (item.name + JSON.stringify(item.attributes)).toLowerCase().includes(wanted('q').toLowerCase()))
      .filter((item) => (!wanted('name') || item.name === wanted('name')) && (!wanted('version') || item.version === wanted('version')))
      .map((item) => Object.assign({ agent_id: agent.id, hostname: agent.hostname, first_seen: '2026-11-01T00:00:00Z', changed: '2026-11-20T00:00:00Z' }, item)),
  );
}

export function inventoryVersions(agents: { id: string; hostname: string }[], kind: string, url: URL) {
  const items = inventoryItems(agents.slice(0, 1), kind, url);
  return items.map(({ name, version }) => ({ name, version, hosts: agents.length }));
}
