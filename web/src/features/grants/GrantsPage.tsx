import { Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { useCan } from '@/api/session';
import type { AccessGrant } from '@/api/types';
import { GrantDialog } from '@/features/grants/GrantDialog';
import { grantsQuery, useTenantNames } from '@/features/grants/queries';
import { RequestDialog } from '@/features/grants/RequestDialog';
import { type GrantAct, useGrantActions } from '@/features/grants/useGrantActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago, Time } from '@/ui/Time';
import { useRoleName } from '@/ui/useRoleName';

const colors = { waiting: stateColor.warn, active: stateColor.good, ended: stateColor.idle } as const;

/** Operators' access to tenants: who may look where, as what, why and until when. A tenant sees all that concerns it. */
export function GrantsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(grantsQuery);
  const grants = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canRequest = useCan('access-grants:request');
  const [isAsking, setAsking] = useState(false);
  const [act, setAct] = useState<GrantAct>();
  const actions = useGrantActions(setAct);
  const nameOf = useActorName();
  const tenantName = useTenantNames();
  const roleName = useRoleName();
  const columns = useMemo<Column<AccessGrant>[]>(() => {
    const people = (grant: AccessGrant) => [...(grant.consent ? [t('grants.byTenant')] : []), ...grant.approvers.map((id) => nameOf(`user:${id}`).replace('user:', ''))];
    return [
      { id: 'operator', header: t('grants.operator'), cell: ({ row }) => row.original.operator_name },
      { id: 'tenant', header: t('nav.tenant'), cell: ({ row }) => tenantName(row.original.tenant_id) },
      { id: 'role', header: t('grants.role'), cell: ({ row }) => roleName(row.original.role) },
      { id: 'reason', header: t('approvals.reason'), cell: ({ row }) => <Text inherit maw={320} lineClamp={3}>{row.original.reason}</Text> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <GrantState grant={row.original} /> },
      { id: 'agreed', header: t('grants.agreed'), cell: ({ row }) => people(row.original).join(', ') || '–' },
      { id: 'created', header: t('grants.asked'), cell: ({ row }) => <Ago value={row.original.created} /> },
      { id: 'expires', header: t('grants.until'), cell: ({ row }) => <Time value={row.original.expires} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.operator_name })} actions={actions} items={[row.original]} /> },
    ];
  }, [t, actions, nameOf, roleName, tenantName]);
  return (
    <>
      <PageHeader title={t('nav.grants')}>
        {canRequest && (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setAsking(true)}>
            {t('grants.request')}
          </Button>
        )}
      </PageHeader>
      <Text size="sm" c="dimmed" mb="sm" maw={760}>
        {t('grants.help')}
      </Text>
      <DataTable label={t('nav.grants')} query={query} items={grants} columns={columns} rowId={(grant) => grant.id} empty={<Empty title={t('grants.none')}>{t('grants.noneHint')}</Empty>} />
      {isAsking && <RequestDialog close={() => setAsking(false)} />}
      {act && <GrantDialog {...act} close={() => setAct(undefined)} />}
    </>
  );
}

function GrantState({ grant }: { grant: AccessGrant }) {
  const { t } = useTranslation();
  return (
    <>
      <Dot color={colors[grant.state]}>{t(`grants.state.${grant.state}`)}</Dot>
      {grant.end_reason && (
        <Text size="xs" c="dimmed">
          {grant.end_reason}
        </Text>
      )}
    </>
  );
}
