// The stand-in's audit log: a tree and signed checkpoints as docs/audit.md has them, with node's own hashes and signatures.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { type Json, json, page, problem, type Route } from './http.ts';

interface Entry {
  index: number;
  time: string;
  actor: string;
  action: string;
  object: string;
  outcome: string;
  detail: Json;
  hash: string;
}

const origin = 'warder.audit/01935f00-0000-7000-8000-0000000000aa';
const sha256 = (...parts: (Uint8Array | string)[]) => parts.reduce<ReturnType<typeof createHash>>((digest, part) => digest.update(part), createHash('sha256')).digest();
const halfOf = (count: number) => 2 ** Math.ceil(Math.log2(count) - 1);
const rootOf = (leaves: Buffer[]): Buffer => {
  if (leaves.length <= 1) return leaves[0] ?? sha256();
  const half = halfOf(leaves.length);
  return sha256(Uint8Array.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
};
const inclusion = (index: number, leaves: Buffer[]): Buffer[] => {
  if (leaves.length === 1) return [];
  const half = halfOf(leaves.length);
  return index < half
    ? [...inclusion(index, leaves.slice(0, half)), rootOf(leaves.slice(half))]
    : [...inclusion(index - half, leaves.slice(half)), rootOf(leaves.slice(0, half))];
};
const consistency = (older: number, leaves: Buffer[], isEdge = true): Buffer[] => {
  if (older === leaves.length) return isEdge ? [] : [rootOf(leaves)];
  const half = halfOf(leaves.length);
  return older <= half
    ? [...consistency(older, leaves.slice(0, half), isEdge), rootOf(leaves.slice(half))]
    : [...consistency(older - half, leaves.slice(half), false), rootOf(leaves.slice(0, half))];
};

const hex = (proof: Buffer[]) => proof.map((each) => each.toString('hex'));

export function makeAudit() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keyBytes = Buffer.concat([Buffer.of(1), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const keyId = sha256(`${origin}\n`, keyBytes).subarray(0, 4);
  const key = `${origin}+${keyId.toString('hex')}+${keyBytes.toString('base64')}`;
  const entries: Entry[] = [];
  const leaves: string[] = [];
  const hashes = (size: number) => leaves.slice(0, size).map((leaf) => sha256(Uint8Array.of(0), leaf));
  const log = (action: string, object: string, outcome = 'success', detail: Json = {}) => {
    const now = Date.now();
    const index = entries.length + 1;
    const leaf = `{"action":${JSON.stringify(action)},"actor":"admin","detail":${JSON.stringify(detail)},"index":${index},"object":${JSON.stringify(object)},"outcome":"${outcome}","time_us":${now * 1000}}`;
    leaves.push(leaf);
    entries.push({ index, time: new Date(now).toISOString().replace('Z', '000Z'), actor: 'admin', action, object, outcome, detail, hash: sha256(entries.at(-1)?.hash ?? '', leaf).toString('hex') });
  };
  const checkpoint = (size: number) => {
    const root = rootOf(hashes(size));
    const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
    const signature = Buffer.concat([keyId, sign(null, Buffer.from(text), privateKey)]).toString('base64');
    return { size, root: root.toString('hex'), time: new Date().toISOString(), note: `${text}\n— ${origin} ${signature}\n`, key };
  };
  const number = (url: URL, name: string) => Number(url.searchParams.get(name) ?? leaves.length);
  const routes: Route[] = [
    ['GET', /^\/audit$/, 'audit:read', ({ url }) => page(entries.filter((each) => each.action.startsWith(url.searchParams.get('action') ?? '')).toReversed())],
    ['GET', /^\/audit\/verification$/, 'audit:read', () => json({ intact: true, entries: entries.length, root: rootOf(hashes(leaves.length)).toString('hex'), checkpoints: 3, first_bad_index: null, detail: '' })],
    ['GET', /^\/audit\/checkpoint$/, 'audit:read', () => (leaves.length ? json(checkpoint(leaves.length)) : problem(404, 'Not found', 'There is no checkpoint.'))],
    ['GET', /^\/audit\/proofs\/inclusion$/, 'audit:read', ({ url }) => {
      const [index, size] = [number(url, 'index'), number(url, 'size')];
      return json({ index, size, leaf: leaves[index - 1], hashes: hex(inclusion(index - 1, hashes(size))), checkpoint: checkpoint(size) });
    }],
    ['GET', /^\/audit\/proofs\/consistency$/, 'audit:read', ({ url }) => {
      const [from, to] = [number(url, 'from'), number(url, 'to')];
      return json({ from, to, hashes: hex(consistency(from, hashes(to))) });
    }],
    ['GET', /^\/audit\/export$/, 'audit:read', () => new Response(leaves.map((leaf) => `{"entry":${leaf}}\n`).join(''), { headers: { 'Content-Type': 'application/x-ndjson' } })],
  ];
  return { entries, leaves, log, routes };
}
