// Roles for a part of the fleet, as a form holds them: every list is there, also when it is empty.
import { z } from 'zod';
import type { User } from '@/api/types';

const tag = /^[a-z0-9][a-z0-9._:-]{0,62}$/;

export const scopedRoleSchema = z
  .object({
    role: z.string().min(1),
    groups: z.array(z.string()).max(256),
    policies: z.array(z.string()).max(256),
    tags: z.array(z.string().regex(tag)).max(256),
  })
  .refine(({ groups, policies, tags }) => groups.length + policies.length + tags.length > 0);
export type ScopedRole = z.infer<typeof scopedRoleSchema>;

export const emptyScope: ScopedRole = { role: '', groups: [], policies: [], tags: [] };

export const scopesOf = (user: User): ScopedRole[] => user.scoped_roles.map(({ role, groups = [], policies = [], tags = [] }) => ({ role, groups, policies, tags }));

/** Whether two lists say the same, in whatever order. */
export function isSameScopes(one: readonly ScopedRole[], other: readonly ScopedRole[]): boolean {
  const text = (all: readonly ScopedRole[]) =>
    all
      .map(({ role, groups, policies, tags }) => JSON.stringify([role, groups.toSorted(), policies.toSorted(), tags.toSorted()]))
      .toSorted()
      .join();
  return text(one) === text(other);
}
