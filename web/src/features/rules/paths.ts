// Paths as they are typed, and the rules that are tried on them, as the manager takes both.
import type { IntegrityRuleTest } from '@/api/types';

export type SupposedFile = NonNullable<IntegrityRuleTest['paths'][number]['is']>;

const maxPaths = 200;

/** A path a line; one that ends in a slash is a directory. Lines that are no absolute path are left out. */
export function pathsOf(text: string, files: { was?: SupposedFile; is?: SupposedFile } = {}): IntegrityRuleTest['paths'] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.startsWith('/'))
    .slice(0, maxPaths)
    .map((line) => Object.assign({ path: line.replace(/\/+$/, '') || '/', type: line.endsWith('/') ? ('directory' as const) : ('file' as const) }, files));
}

/** One rule of a file of many stands there as an item of its list. */
export const asRuleFile = (text: string) => (text.startsWith('- ') ? `rules:\n${text}` : text);

export interface TypedFile {
  permissions: string;
  owner: string;
  content: string;
}
export const newFile: TypedFile = { permissions: '0644', owner: '0', content: '' };

export const isWritable = ({ permissions, owner }: TypedFile) => /^[0-7]{3,4}$/.test(permissions) && /^\d{1,9}$/.test(owner);
export const supposedOf = ({ permissions, owner, content }: TypedFile): SupposedFile => ({ permissions, owner: Number(owner), group: 0, content });
