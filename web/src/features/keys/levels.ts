// The levels of keys (docs/keys.md), and which of them take two custodians to rotate.
import type { Key, KeyRotation } from '@/api/types';

export type Rotation = Pick<KeyRotation, 'level' | 'owner'>;

const order = ['tenant', 'contact', 'secrets', 'content', 'other', 'derivation'];
const classes = ['contact', 'secrets', 'content', 'other'] as const;

const placeOf = (level: string) => (order.includes(level) ? order.indexOf(level) : order.length);

/** The control database first, then by tenant; levels from the top, the newest epoch first. */
export const sorted = (keys: readonly Key[]): Key[] =>
  keys.toSorted((left, right) =>
    Number(right.owner === 'control') - Number(left.owner === 'control') ||
    left.owner_name.localeCompare(right.owner_name) || left.owner.localeCompare(right.owner) ||
    placeOf(left.level) - placeOf(right.level) || right.epoch - left.epoch);

/** Keys of the manager as a whole are told to the first tenant alone. */
export const isShared = (key: Key) => key.owner === 'control';

/** A class of data, which its own tenant rotates alone. */
export const classOf = (level: string) => classes.find((each) => each === level);

/** What an approval of `keys.rotate` is for. */
export const objectOf = ({ level, owner }: Rotation) => (level === 'root' ? 'key:root' : `key:${owner}/${level}`);
