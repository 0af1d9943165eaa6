import { useQuery } from '@tanstack/react-query';
import { rolesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import { builtInRoles } from '@/api/types';
import { useRoleName } from '@/ui/useRoleName';

/** The roles to choose from: all of the tenant, or without the right to read them the built-in ones and those that are there. */
export function useRoleChoices(present: readonly string[]) {
  const roleName = useRoleName();
  const known = useQuery({ ...rolesQuery, enabled: useCan('roles:read') }).data?.map((role) => role.name) ?? builtInRoles;
  return [...new Set([...known, ...present])].map((role) => ({ value: role, label: roleName(role) }));
}
