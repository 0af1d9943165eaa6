// Checks of Merkle trees of append-only logs (RFC 6962 §2.1), with the browser's own SHA-256.

export type Hash = Uint8Array<ArrayBuffer>;

export const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
/** Undefined when it is no hexadecimal text. */
export function fromHex(text: string): Hash | undefined {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => Number.parseInt(text.slice(index * 2, index * 2 + 2), 16));
}
export const isSame = (left: Uint8Array, right: Uint8Array) => left.length === right.length && left.every((byte, index) => byte === right[index]);

export async function sha256(...parts: Uint8Array[]): Promise<Hash> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
}

const leafMark = Uint8Array.of(0);
const nodeMark = Uint8Array.of(1);
export const leafHash = (leaf: string) => sha256(leafMark, new TextEncoder().encode(leaf));
const nodeHash = (left: Hash, right: Hash) => sha256(nodeMark, left, right);

/** Leaves of the left half: the largest power of two below `count`. No bit operations: trees may have 2^40 leaves. */
function leftHalf(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

/** The subtrees whose hashes prove leaf `index` (from 0), in the order of the proof: "first leaf:count". */
function pathOf(index: number, start: number, count: number): string[] {
  if (count === 1) return [];
  const half = leftHalf(count);
  return index < start + half
    ? [...pathOf(index, start, half), `${start + half}:${count - half}`]
    : [...pathOf(index, start + half, count - half), `${start}:${half}`];
}

/** Leaves that follow one another, the first at `first` (from 0), and the proofs of the first and the last of them. */
export interface ProvedRange {
  first: number;
  leaves: readonly Hash[];
  proofs: readonly [first: readonly Hash[], last: readonly Hash[]];
}

/**
 * The root of the tree of `size` leaves that has these; undefined when the proofs have not the form of such a tree. Two
 * proofs are enough for any number of neighbours: what is between them is computed from the leaves.
 */
export async function rootOfRange({ first, leaves, proofs }: ProvedRange, size: number): Promise<Hash | undefined> {
  const end = first + leaves.length;
  if (leaves.length === 0 || first < 0 || end > size) return undefined;
  const given = new Map<string, Hash>();
  for (const [index, proof] of [[first, proofs[0]], [end - 1, proofs[1]]] as const) {
    const path = pathOf(index, 0, size);
    if (path.length !== proof.length) return undefined;
    path.forEach((place, level) => given.set(place, proof[level] as Hash));
  }
  const hashOf = async (start: number, count: number): Promise<Hash | undefined> => {
    if (start >= end || start + count <= first) return given.get(`${start}:${count}`);
    if (count === 1) return leaves[start - first];
    const half = leftHalf(count);
    const left = await hashOf(start, half);
    const right = await hashOf(start + half, count - half);
    return left && right && nodeHash(left, right);
  };
  return hashOf(0, size);
}

export interface Head {
  size: number;
  root: Hash;
}

/** Whether the tree of `from` is the beginning of that of `to` (RFC 6962 §2.1.2). */
export async function isConsistent(from: Head, to: Head, proof: readonly Hash[]): Promise<boolean> {
  if (from.size > to.size) return false;
  if (from.size === 0) return proof.length === 0;
  const rest = [...proof];
  const next = () => rest.shift();
  /** The roots of this subtree, in the older tree and in the newer one. */
  const rootsOf = async (older: number, newer: number, isEdge: boolean): Promise<[Hash, Hash] | undefined> => {
    if (older === newer) {
      const whole = isEdge ? from.root : next();
      return whole && [whole, whole];
    }
    const half = leftHalf(newer);
    const inner = older <= half ? await rootsOf(older, half, isEdge) : await rootsOf(older - half, newer - half, false);
    const sibling = next();
    if (!inner || !sibling) return undefined;
    if (older <= half) return [inner[0], await nodeHash(inner[1], sibling)];
    return [await nodeHash(sibling, inner[0]), await nodeHash(sibling, inner[1])];
  };
  const roots = await rootsOf(from.size, to.size, true);
  return roots !== undefined && rest.length === 0 && isSame(roots[0], from.root) && isSame(roots[1], to.root);
}
