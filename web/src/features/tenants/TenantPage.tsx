import { Anchor, Button, Group, Paper, SimpleGrid, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TenantUsageDay } from '@/api/types';
import { shareOf } from '@/features/tenants/limits';
import { LimitsDialog } from '@/features/tenants/LimitsDialog';
import { usageQuery } from '@/features/tenants/queries';
import { StatusDialog } from '@/features/tenants/StatusDialog';
import { TenantState } from '@/features/tenants/TenantState';
import { type TenantAct, useTenantActions } from '@/features/tenants/useTenantActions';
import { formatBytes } from '@/lib/bytes';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty, Gate } from '@/ui/States';

const route = getRouteApi('/app/tenants/$tenantId');

/** One tenant: its state, what it may use and what it uses, day by day. */
export function TenantPage() {
  const { t, i18n } = useTranslation();
  const { tenantId } = route.useParams();
  const query = useQuery(usageQuery(tenantId));
  const [act, setAct] = useState<TenantAct>();
  const actions = useTenantActions(setAct);
  const columns = useMemo<Column<TenantUsageDay>[]>(() => {
    const number = (value: number) => value.toLocaleString(i18n.language);
    return [
      { id: 'day', header: t('tenants.day'), cell: ({ row }) => row.original.day },
      { id: 'agents', header: t('tenants.agents'), cell: ({ row }) => number(row.original.agents) },
      { id: 'users', header: t('nav.users'), cell: ({ row }) => number(row.original.users) },
      { id: 'events', header: t('nav.events'), cell: ({ row }) => number(row.original.events) },
      { id: 'bytes', header: t('tenants.bytes'), cell: ({ row }) => formatBytes(row.original.bytes, i18n.language) },
    ];
  }, [t, i18n.language]);
  const { data } = query;
  return (
    <>
      <PageHeader title={data?.tenant.name ?? t('nav.tenant')}>
        {data && <ActionMenu label={t('common.actionsOf', { name: data.tenant.name })} actions={actions} items={[data.tenant]} />}
        <Button component={Link} to="/tenants" size="xs" variant="default">
          {t('tenants.all')}
        </Button>
      </PageHeader>
      <Gate query={query}>
        {data && (
          <>
            <TenantState tenant={data.tenant} />
            <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="xs" my="md">
              <Tile label={t('tenants.agents')} used={data.today.agents} limit={data.tenant.limits.max_agents} />
              <Tile label={t('nav.users')} used={data.today.users} limit={data.tenant.limits.max_users} />
              <Tile label={t('tenants.eventsToday')} used={data.today.events} limit={data.tenant.limits.max_events_per_day} />
              <Tile label={t('tenants.bytes')} text={formatBytes(data.today.bytes, i18n.language)} />
            </SimpleGrid>
            <Text size="sm" c="dimmed" mb="xs">
              {t('tenants.usageNote')} <Anchor component={Link} to="/access-grants" inherit underline="always">{t('nav.grants')}</Anchor>
            </Text>
            <DataTable label={t('tenants.usage')} query={query} items={data.days} columns={columns} rowId={(day) => day.day} empty={<Empty title={t('tenants.noUsage')} />} />
          </>
        )}
      </Gate>
      {act?.kind === 'limits' && <LimitsDialog tenant={act.tenant} close={() => setAct(undefined)} />}
      {act && act.kind !== 'limits' && <StatusDialog tenant={act.tenant} status={act.kind} close={() => setAct(undefined)} />}
    </>
  );
}

type TileProps = { label: string } & ({ used: number; limit: number | null } | { text: string });

function Tile(props: TileProps) {
  const { t, i18n } = useTranslation();
  const share = 'used' in props ? shareOf(props.used, props.limit) : undefined;
  const limit = 'limit' in props ? (props.limit?.toLocaleString(i18n.language) ?? t('tenants.noLimit')) : undefined;
  return (
    <Paper withBorder p="xs">
      <Group gap={6} align="baseline">
        <Text fw={700} size="lg">
          {'used' in props ? props.used.toLocaleString(i18n.language) : props.text}
        </Text>
        {limit && (
          <Text size="xs" c="dimmed">
            / {limit}
          </Text>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {props.label}
      </Text>
      {share !== undefined && share >= 1 && (
        <Text size="xs" fw={600}>
          {t('tenants.limitReached')}
        </Text>
      )}
    </Paper>
  );
}
