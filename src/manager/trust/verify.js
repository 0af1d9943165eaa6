// Checks a signed status as `warder trust verify` does (src/formats/trust_status.cc), in a browser or in Node: the
// signature, the log's checkpoint, and for each result that its entry is in the log. Believes nothing that is not
// proven, and nothing that is too old. docs/trust.md has the format.
const STATUS_TYPE = 'application/vnd.warder.trust-status+json';
const ED25519 = 1; // c2sp.org/signed-note
const MAX_FRESH_S = 7 * 86400;
const TOLERANCE_MS = 2 * 60000;

const utf8 = new TextEncoder();

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function isEqual(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
}

async function isSigned(key, text, signature) {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, text);
}

/// "<name>+<id>+<base64>"; the last may hold '+' itself.
async function parseKey(text) {
  const [name, id, ...rest] = text.trim().split('+');
  const typed = bytesOf(rest.join('+'));
  if (!name || typed.length !== 33 || typed[0] !== ED25519) throw new Error('key: not an Ed25519 key');
  const own = (await sha256(utf8.encode(name), Uint8Array.of(10, ED25519), typed.slice(1))).slice(0, 4);
  const hex = [...own].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex !== id) throw new Error("key: its id is another key's");
  return { name, id: own, key: typed.slice(1), text: text.trim() };
}

async function openEnvelope(text, pinned) {
  const envelope = JSON.parse(text);
  if (envelope.payloadType !== STATUS_TYPE) throw new Error('it is no status of a Trust Center');
  const payload = bytesOf(envelope.payload);
  const [first] = envelope.signatures;
  const key = await parseKey(first.keyid);
  if (pinned && pinned.trim() !== key.text) throw new Error('it is signed with another key');
  const head = utf8.encode(`DSSEv1 ${STATUS_TYPE.length} ${STATUS_TYPE} ${payload.length} `);
  if (!(await isSigned(key.key, joined(head, payload), bytesOf(first.sig)))) throw new Error('its signature is not right');
  return { key, status: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) };
}

/// The log's size and root, as the log's key has signed them.
async function openCheckpoint(note, keyText) {
  const key = await parseKey(keyText);
  const blank = note.lastIndexOf('\n\n');
  const text = note.slice(0, blank + 1);
  for (const line of note.slice(blank + 2).split('\n')) {
    const [dash, name, signature] = line.split(' ');
    if (dash !== '\u2014' || name !== key.name) continue;
    const bytes = bytesOf(signature);
    if (!isEqual(bytes.slice(0, 4), key.id) || !(await isSigned(key.key, utf8.encode(text), bytes.slice(4)))) break;
    const [origin, size, root] = text.split('\n');
    if (origin !== key.name || !/^(0|[1-9][0-9]*)$/.test(size)) break;
    return { size: Number(size), root: bytesOf(root) };
  }
  throw new Error("the log's checkpoint is not signed");
}

/// RFC 9162 §2.1.3.2.
async function isIncluded(index, leaf, head, proof) {
  if (!Number.isSafeInteger(index) || index < 0 || index >= head.size || proof.length > 64) return false;
  let at = index;
  let last = head.size - 1;
  let hash = await sha256(Uint8Array.of(0), leaf);
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = await sha256(Uint8Array.of(1), sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = await sha256(Uint8Array.of(1), hash, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && isEqual(hash, head.root);
}

/// By check: what the entry of the log says, whatever stands beside it.
async function proveAll(status) {
  const proven = new Map();
  if (!status.log) return proven;
  const head = await openCheckpoint(status.log.checkpoint, status.log.key);
  for (const result of status.results) {
    if (!result.leaf || !Array.isArray(result.proof)) continue;
    const proof = result.proof.map(bytesOf);
    if (!(await isIncluded(result.entry - 1, utf8.encode(result.leaf), head, proof))) continue;
    const entry = JSON.parse(result.leaf);
    if (entry.action !== 'trust.check' || entry.object !== `check:${result.check}`) continue;
    proven.set(result.check, { verdict: entry.detail.verdict, time: entry.time_us / 1000 });
  }
  return proven;
}

function judge(commitment, proven, now) {
  const line = { id: commitment.id, claimed: commitment.state, shown: commitment.state, why: '' };
  if (line.claimed !== 'pass') return line;
  const show = (shown, why) => ({ ...line, shown, why });
  const fresh = Math.min(Math.max(commitment.fresh_s, 0), MAX_FRESH_S) * 1000;
  if (commitment.kind === 'organisational') {
    const ends = Date.parse(commitment.holds_until);
    if (!(ends > now)) return show('stale', 'its time is over');
  } else if (commitment.checks.length === 0) {
    return show('unproven', 'it has no check');
  }
  for (const check of commitment.checks) {
    const result = proven.get(check);
    if (!result) return show('unproven', 'a check has no proven result');
    if (result.verdict !== 'pass') return show('unproven', `${check}: the log says ${result.verdict}`);
    if (result.time > now + TOLERANCE_MS) return show('unknown', `${check}: is of the future`);
    if (result.time + fresh <= now) return show('stale', `${check}: is too old`);
  }
  return line;
}

/// Throws when it is no status or its signature is not right, or not that of `pinned` (may be empty).
export async function verifyStatus(text, pinned, now) {
  const { key, status } = await openEnvelope(text, pinned);
  if (status.format !== 1) throw new Error('format: this program does not know it');
  const proven = await proveAll(status);
  const isCurrent = Date.parse(status.generated) <= now + TOLERANCE_MS && now < Date.parse(status.valid_until);
  const lines = status.commitments.map((commitment) => judge(commitment, proven, now));
  return { key: key.text, isCurrent, proven: proven.size, lines };
}
