import type { Policy } from '@/api/types';

export interface PolicyNode {
  policy: Policy;
  depth: number;
}

/** Policies in the order of their tree, children after their parent by name. One whose parent is not there is a root. */
export function treeOf(policies: readonly Policy[]): PolicyNode[] {
  const ids = new Set(policies.map((policy) => policy.id));
  const childrenOf = (parent: string | null) =>
    policies
      .filter((policy) => (policy.parent_id !== null && ids.has(policy.parent_id) ? policy.parent_id : null) === parent)
      .toSorted((left, right) => left.name.localeCompare(right.name));
  const nodes: PolicyNode[] = [];
  const visit = (parent: string | null, depth: number) => {
    for (const policy of childrenOf(parent)) {
      nodes.push({ policy, depth });
      visit(policy.id, depth + 1);
    }
  };
  visit(null, 0);
  return nodes;
}
