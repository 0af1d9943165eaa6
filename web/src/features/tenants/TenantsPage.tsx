import { Anchor, Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { tenantsQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { OperatedTenant } from '@/api/types';
import { CreateTenantDialog } from '@/features/tenants/CreateTenantDialog';
import { LimitsDialog } from '@/features/tenants/LimitsDialog';
import { StatusDialog } from '@/features/tenants/StatusDialog';
import { TenantState } from '@/features/tenants/TenantState';
import { TenantTabs } from '@/features/tenants/TenantTabs';
import { type TenantAct, useTenantActions } from '@/features/tenants/useTenantActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

/** All tenants of this manager, for those who operate it. */
export function TenantsPage() {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(tenantsQuery);
  const tenants = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('tenants:write');
  const [isAdding, setAdding] = useState(false);
  const [act, setAct] = useState<TenantAct>();
  const actions = useTenantActions(setAct);
  const columns = useMemo<Column<OperatedTenant>[]>(() => {
    const limit = (value: number | null) => value?.toLocaleString(i18n.language) ?? '–';
    return [
      { id: 'name', header: t('common.name'), cell: ({ row }) => <TenantLink tenant={row.original} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <TenantState tenant={row.original} /> },
      { id: 'agents', header: t('tenants.limit.max_agents'), cell: ({ row }) => limit(row.original.limits.max_agents) },
      { id: 'users', header: t('tenants.limit.max_users'), cell: ({ row }) => limit(row.original.limits.max_users) },
      { id: 'events', header: t('tenants.limit.max_events_per_day'), cell: ({ row }) => limit(row.original.limits.max_events_per_day) },
      { id: 'partition', header: t('tenants.partition'), cell: ({ row }) => t(`tenants.partitions.${row.original.event_partition || 'auto'}`) },
      { id: 'created', header: t('tenants.created'), cell: ({ row }) => <Time value={row.original.created} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ];
  }, [t, i18n.language, actions]);
  return (
    <>
      <PageHeader title={t('nav.tenants')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setAdding(true)}>
          {t('tenants.add')}
        </Button>
      </PageHeader>
      <TenantTabs />
      <DataTable label={t('nav.tenants')} query={query} items={tenants} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('tenants.none')} />} />
      {isAdding && <CreateTenantDialog close={() => setAdding(false)} />}
      {act?.kind === 'limits' && <LimitsDialog tenant={act.tenant} close={() => setAct(undefined)} />}
      {act && act.kind !== 'limits' && <StatusDialog tenant={act.tenant} status={act.kind} close={() => setAct(undefined)} />}
    </>
  );
}

function TenantLink({ tenant }: { tenant: OperatedTenant }) {
  return (
    <Anchor inherit renderRoot={(props) => <Link {...props} to="/tenants/$tenantId" params={{ tenantId: tenant.id }} />}>
      {tenant.name}
    </Anchor>
  );
}
