// Signed checkpoints of logs (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), checked with the browser's own Ed25519.
import { type Hash, type Head, isSame, sha256 } from '@/lib/merkle';

export type Opened = { head: Head } | { refusal: 'form' | 'key' | 'signature' | 'unable' };

const ed25519 = 1;

function fromBase64(text: string): Hash | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

interface NoteKey {
  name: string;
  id: Hash;
  key: Hash;
}

/** "<name>+<key id, hex>+<base64(1 | Ed25519 key)>"; undefined when it is no such text, or the id is not that of the key. */
async function parseKey(text: string): Promise<NoteKey | undefined> {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const bytes = fromBase64(encoded ?? '');
  if (!name || !bytes || bytes.length !== 33 || bytes[0] !== ed25519) return undefined;
  const own = (await sha256(new TextEncoder().encode(`${name}\n`), bytes)).slice(0, 4);
  const hex = Array.from(own, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex === id ? { name, id: own, key: bytes.slice(1) } : undefined;
}

/** The signatures of this key that stand below the text. */
function signaturesOf(lines: string, { name, id }: NoteKey): Hash[] {
  return lines.split('\n').flatMap((line) => {
    const [, signer, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = signer === name ? fromBase64(encoded ?? '') : undefined;
    return bytes?.length === 68 && isSame(bytes.slice(0, 4), id) ? [bytes.slice(4)] : [];
  });
}

/** What a signed checkpoint says, after its signature by `keyText` was checked. */
export async function openCheckpoint(note: string, keyText: string): Promise<Opened> {
  const end = note.lastIndexOf('\n\n');
  if (end < 0) return { refusal: 'form' };
  const text = note.slice(0, end + 1);
  const key = await parseKey(keyText);
  if (!key) return { refusal: 'key' };
  const [origin, size = '', root = ''] = text.split('\n');
  const bytes = fromBase64(root);
  if (!/^(0|[1-9]\d{0,14})$/.test(size) || bytes?.length !== 32) return { refusal: 'form' };
  if (origin !== key.name) return { refusal: 'key' };
  let verifier: CryptoKey;
  try {
    verifier = await crypto.subtle.importKey('raw', key.key, { name: 'Ed25519' }, false, ['verify']);
  } catch {
    return { refusal: 'unable' };
  }
  for (const signature of signaturesOf(note.slice(end + 2), key)) {
    if (await crypto.subtle.verify({ name: 'Ed25519' }, verifier, signature, new TextEncoder().encode(text))) return { head: { size: Number(size), root: bytes } };
  }
  return { refusal: 'signature' };
}
