// Checks a signed status as `warder trust verify` does (src/formats/trust_status.cc), in a browser or in Node: the
// signature, the log's checkpoint, for each result that its entry is in the log, and what agents have cosigned.
// Believes nothing that is not proven, and nothing that is too old. docs/trust.md has the format.
const STATUS_TYPE = 'application/vnd.warder.trust-status+json';
const ED25519 = 1; // c2sp.org/signed-note
const COSIGNATURE = 4;
const MAX_TIME_S = 253402300799; // the year 9999
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
async function parseKey(text, type = ED25519) {
  const [name, id, ...rest] = text.trim().split('+');
  const typed = bytesOf(rest.join('+'));
  if (!name || typed.length !== 33 || typed[0] !== type) throw new Error('key: not an Ed25519 key for this');
  const own = (await sha256(utf8.encode(name), Uint8Array.of(10, type), typed.slice(1))).slice(0, 4);
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

/// The text of a note, and what stands below it by this key: without the key's id.
function openNote(note, key) {
  const blank = note.lastIndexOf('\n\n');
  const signatures = [];
  for (const line of note.slice(blank + 2).split('\n')) {
    const [dash, name, signature] = line.split(' ');
    if (dash !== '\u2014' || name !== key.name) continue;
    const bytes = bytesOf(signature);
    if (isEqual(bytes.slice(0, 4), key.id)) signatures.push(bytes.slice(4));
  }
  return { text: note.slice(0, blank + 1), signatures };
}

/// The log's size and root, as the log's key has signed them.
async function openCheckpoint(note, keyText) {
  const key = await parseKey(keyText);
  const { text, signatures } = openNote(note, key);
  const [origin, size, root] = text.split('\n');
  const isWhole = origin === key.name && /^(0|[1-9][0-9]*)$/.test(size);
  if (!isWhole || signatures.length === 0 || !(await isSigned(key.key, utf8.encode(text), signatures[0]))) {
    throw new Error("the log's checkpoint is not signed");
  }
  return { size: Number(size), root: bytesOf(root) };
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

/// RFC 9162 §2.1.4.2: whether the log at `to` begins with what it was at `from`.
async function isConsistent(from, to, proof) {
  if (from.size > to.size || proof.length > 64) return false;
  if (from.size === 0) return proof.length === 0 && isEqual(from.root, await sha256());
  if (from.size === to.size) return proof.length === 0 && isEqual(from.root, to.root);
  let node = from.size - 1;
  let last = to.size - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  const rest = [...proof];
  const first = node === 0 ? from.root : rest.shift(); // a whole tree is the first hash itself
  if (first === undefined) return false;
  let oldRoot = first;
  let newRoot = first;
  for (const hash of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldRoot = await sha256(Uint8Array.of(1), hash, oldRoot);
      newRoot = await sha256(Uint8Array.of(1), hash, newRoot);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      newRoot = await sha256(Uint8Array.of(1), newRoot, hash);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && isEqual(oldRoot, from.root) && isEqual(newRoot, to.root);
}

/// When the witness has cosigned the note (c2sp.org/tlog-cosignature): big-endian seconds stand before the signature.
async function openCosignature(note, key) {
  const { text, signatures } = openNote(note, key);
  let last = null;
  for (const bytes of signatures) {
    if (bytes.length !== 72) continue;
    const seconds = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
    const message = utf8.encode(`cosignature/v1\ntime ${seconds}\n${text}`);
    if (seconds <= MAX_TIME_S && (await isSigned(key.key, message, bytes.slice(8)))) last = seconds * 1000;
  }
  if (last === null) throw new Error('its cosignature is not right');
  return last;
}

/// One agent: the log has signed what it saw, it has cosigned that, and the log as it is now begins with it.
async function readWitness(said, log, head) {
  const witness = { name: String(said.key).split('+')[0], isRight: false, time: null, why: '' };
  try {
    const seen = await openCheckpoint(said.note, log.key);
    const time = await openCosignature(said.note, await parseKey(said.key, COSIGNATURE));
    if (!(await isConsistent(seen, head, said.proof.map(bytesOf)))) throw new Error('it has seen another log');
    return { ...witness, isRight: true, time };
  } catch (error) {
    return { ...witness, why: error.message };
  }
}

async function readWitnesses(status) {
  const listed = status.log?.witnesses ?? [];
  if (listed.length === 0) return [];
  const head = await openCheckpoint(status.log.checkpoint, status.log.key);
  const witnesses = [];
  const keys = new Set();
  for (const said of listed) {
    const witness = await readWitness(said, status.log, head);
    if (keys.has(said.key)) Object.assign(witness, { isRight: false, why: 'it is there twice' });
    keys.add(said.key);
    witnesses.push(witness);
  }
  return witnesses;
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
  return { key: key.text, isCurrent, proven: proven.size, lines, witnesses: await readWitnesses(status) };
}
