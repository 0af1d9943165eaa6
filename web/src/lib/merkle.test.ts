import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, type Hash, isConsistent, leafHash, rootOfRange, toHex } from '@/lib/merkle';

// The tree as RFC 6962 §2.1 writes it down, computed with another SHA-256 and without any cleverness.
const hash = (...parts: Uint8Array[]): Hash => Uint8Array.from(parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest());
const mark = (byte: number) => Uint8Array.of(byte);
const halfOf = (count: number) => 2 ** Math.ceil(Math.log2(count) - 1);
const rootOf = (leaves: Hash[]): Hash => {
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  const half = halfOf(leaves.length);
  return hash(mark(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
};
const inclusion = (index: number, leaves: Hash[]): Hash[] => {
  if (leaves.length === 1) return [];
  const half = halfOf(leaves.length);
  return index < half
    ? [...inclusion(index, leaves.slice(0, half)), rootOf(leaves.slice(half))]
    : [...inclusion(index - half, leaves.slice(half)), rootOf(leaves.slice(0, half))];
};
const consistency = (older: number, leaves: Hash[], isEdge = true): Hash[] => {
  if (older === leaves.length) return isEdge ? [] : [rootOf(leaves)];
  const half = halfOf(leaves.length);
  return older <= half
    ? [...consistency(older, leaves.slice(0, half), isEdge), rootOf(leaves.slice(half))]
    : [...consistency(older - half, leaves.slice(half), false), rootOf(leaves.slice(0, half))];
};
const leavesOf = (count: number) => Array.from({ length: count }, (_, index) => hash(mark(0), new TextEncoder().encode(`leaf ${index}`)));
const changed = (at: Hash) => Uint8Array.from(at, (byte, index) => (index === 7 ? byte ^ 1 : byte));
const rangeOf = (leaves: Hash[], first: number, end: number) => ({
  first, leaves: leaves.slice(first, end), proofs: [inclusion(first, leaves), inclusion(end - 1, leaves)] as const,
});

describe('trees', () => {
  // The test vectors of certificate-transparency: https://github.com/google/certificate-transparency (merkle_tree_test).
  it('have the roots that the field has published', async () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const leaves = inputs.map((text) => hash(mark(0), fromHex(text) as Hash));
    const root = async (size: number) => toHex((await rootOfRange(rangeOf(leaves.slice(0, size), 0, size), size)) as Hash);
    expect(await root(1)).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(await root(2)).toBe('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125');
    expect(await root(3)).toBe('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77');
    expect(await root(7)).toBe('ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c');
    expect(await root(8)).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  it('hash a leaf with its mark', async () => {
    expect(await leafHash('leaf 3')).toEqual(leavesOf(4)[3]);
  });

  it('have the same root from every range of neighbours', async () => {
    for (const size of [1, 2, 3, 5, 8, 13]) {
      const leaves = leavesOf(size);
      for (let first = 0; first < size; first += 1) {
        for (let end = first + 1; end <= size; end += 1) {
          expect(await rootOfRange(rangeOf(leaves, first, end), size), `${first}-${end} of ${size}`).toEqual(rootOf(leaves));
        }
      }
    }
  });

  it('have another root with any other leaf, hash or place', async () => {
    const leaves = leavesOf(13);
    const root = rootOf(leaves);
    for (let at = 0; at < 6; at += 1) {
      const range = rangeOf(leaves, 4, 10);
      expect(await rootOfRange({ ...range, leaves: range.leaves.map((leaf, index) => (index === at ? changed(leaf) : leaf)) }, 13)).not.toEqual(root);
    }
    const single = rangeOf(leaves, 4, 5);
    for (let level = 0; level < single.proofs[0].length; level += 1) {
      const proof = single.proofs[0].map((each, index) => (index === level ? changed(each) : each));
      expect(await rootOfRange({ ...single, proofs: [proof, proof] }, 13)).not.toEqual(root);
    }
    expect(await rootOfRange({ ...single, first: 5 }, 13)).not.toEqual(root);
    expect(await rootOfRange({ ...single, proofs: [single.proofs[0].slice(1), single.proofs[1]] }, 13)).toBeUndefined();
    expect(await rootOfRange({ ...single, first: 13 }, 13)).toBeUndefined();
  });
});

describe('growth', () => {
  it('is proved between any two sizes', async () => {
    const leaves = leavesOf(14);
    for (let newer = 1; newer <= 14; newer += 1) {
      for (let older = 1; older <= newer; older += 1) {
        const from = { size: older, root: rootOf(leaves.slice(0, older)) };
        const to = { size: newer, root: rootOf(leaves.slice(0, newer)) };
        const proof = consistency(older, leaves.slice(0, newer));
        expect(await isConsistent(from, to, proof), `${older} to ${newer}`).toBe(true);
        expect(await isConsistent({ ...from, root: changed(from.root) }, to, proof)).toBe(false);
        expect(await isConsistent(from, { ...to, root: changed(to.root) }, proof)).toBe(false);
        expect(await isConsistent(from, to, [...proof, from.root])).toBe(false);
        for (let at = 0; at < proof.length; at += 1) {
          expect(await isConsistent(from, to, proof.map((each, index) => (index === at ? changed(each) : each)))).toBe(false);
        }
      }
    }
  });

  it('is no shrinking', async () => {
    const leaves = leavesOf(4);
    expect(await isConsistent({ size: 4, root: rootOf(leaves) }, { size: 3, root: rootOf(leaves.slice(0, 3)) }, [])).toBe(false);
  });
});
