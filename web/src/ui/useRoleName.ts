import { useTranslation } from 'react-i18next';
import { type BuiltInRole, builtInRoles } from '@/api/types';

const isBuiltIn = (name: string): name is BuiltInRole => builtInRoles.some((each) => each === name);

/** Built-in roles have a name in each language; a tenant's own have the name they were given. */
export function useRoleName(): (role: string) => string {
  const { t } = useTranslation();
  return (role) => (isBuiltIn(role) ? t(`role.${role}`) : role);
}
