import { expect, it } from 'vitest';
import type { Policy } from '@/api/types';
import { treeOf } from '@/features/policies/tree';

const policy = (id: string, parent_id: string | null): Policy => ({
  id,
  parent_id,
  name: id,
  description: '',
  document: {},
  version: 1,
  modified: '',
  modified_by: '',
  agents: 0,
  etag: '',
});

it('puts children after their parent, by name', () => {
  const nodes = treeOf([policy('web', 'base'), policy('db', 'base'), policy('base', null), policy('shop', 'web')]);
  expect(nodes.map((node) => `${node.depth}${node.policy.id}`)).toEqual(['0base', '1db', '1web', '2shop']);
});

it('shows a policy whose parent cannot be seen', () => {
  expect(treeOf([policy('lost', 'gone')]).map((node) => node.depth)).toEqual([0]);
});
