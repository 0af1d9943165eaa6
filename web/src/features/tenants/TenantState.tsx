import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { OperatedTenant } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

const colors = { active: stateColor.good, suspended: stateColor.warn, deleting: stateColor.bad } as const;

/** The state, why, and when a deletion is due. */
export function TenantState({ tenant }: { tenant: OperatedTenant }) {
  const { t } = useTranslation();
  return (
    <>
      <Dot color={colors[tenant.status]}>{t(`tenants.status.${tenant.status}`)}</Dot>
      {tenant.deletion_due && (
        <Text size="xs" c="dimmed">
          {t('tenants.due')} <Time value={tenant.deletion_due} />
        </Text>
      )}
      {tenant.reason && (
        <Text size="xs" c="dimmed" maw={260} lineClamp={2} title={tenant.reason}>
          {tenant.reason}
        </Text>
      )}
    </>
  );
}
