import { useTranslation } from 'react-i18next';
import { useRoleName } from '@/ui/useRoleName';

/** Whom a policy is for, by the roles that it names; none: everybody. */
export function Audience({ roles }: { roles: readonly string[] }) {
  const { t } = useTranslation();
  const roleName = useRoleName();
  return <>{roles.length === 0 ? t('writtenPolicies.everybody') : roles.map(roleName).join(', ')}</>;
}
