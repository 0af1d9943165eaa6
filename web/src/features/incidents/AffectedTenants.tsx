import { Button, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { OfIncident } from '@/features/incidents/queries';
import { Problem } from '@/ui/Problem';

/** For operators of the service: which tenants are affected. Numbers only, and each tenant sees that it was counted. */
export function AffectedTenants({ incident }: OfIncident) {
  const { t, i18n } = useTranslation();
  const isOperator = useCan('tenants:write');
  const count = useMutation({ mutationFn: () => bodyOf(api.POST('/tenant-affected', { body: { incident: incident.id } })) });
  if (!isOperator) return null;
  const number = (value: number) => value.toLocaleString(i18n.language);
  return (
    <section>
      <Title order={2} size="h5" mb="xs">
        {t('breach.tenants')}
      </Title>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {t('breach.tenantsHelp')}
        </Text>
        <Group>
          <Button variant="default" loading={count.isPending} onClick={() => count.mutate()}>
            {t('breach.countTenants')}
          </Button>
        </Group>
        {count.isError && <Problem error={count.error} />}
        {count.data && (
          <>
            <Text size="sm" role="status">
              {t('breach.countedTenants', { affected: number(count.data.affected), tenants: number(count.data.tenants.length), records: number(count.data.records), persons: number(count.data.persons) })}
              {!count.data.complete && ` ${t('breach.tenantsIncomplete')}`}
            </Text>
            <Table aria-label={t('breach.tenants')} maw={620}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('nav.tenant')}</Table.Th>
                  <Table.Th scope="col">{t('breach.records')}</Table.Th>
                  <Table.Th scope="col">{t('breach.persons')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {count.data.tenants.map((tenant) => (
                  <Table.Tr key={tenant.tenant_id}>
                    <Table.Td>{tenant.name}</Table.Td>
                    <Table.Td>{tenant.error ?? number(tenant.with_personal_data)}</Table.Td>
                    <Table.Td>{number(tenant.persons)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </>
        )}
      </Stack>
    </section>
  );
}
