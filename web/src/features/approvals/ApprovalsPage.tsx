import { Code, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { approvalsQuery, sessionQuery, usersQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Approval } from '@/api/types';
import { DecisionDialog } from '@/features/approvals/DecisionDialog';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

const colors = { pending: stateColor.warn, approved: stateColor.good, rejected: stateColor.bad, expired: stateColor.idle, used: stateColor.idle };

export function ApprovalsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(approvalsQuery);
  const approvals = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const me = useQuery(sessionQuery).data?.user.id;
  const canReadUsers = useCan('users:read');
  const users = useQuery({ ...usersQuery, enabled: canReadUsers }).data;
  const [decided, setDecided] = useState<{ approval: Approval; approve: boolean }>();
  const actions = useMemo<Action<Approval>[]>(() => {
    const decide = (id: string, label: Action<Approval>['label'], approve: boolean): Action<Approval> => ({
      id,
      label,
      right: 'approvals:decide',
      single: true,
      refusal: ([approval]) => {
        if (approval?.state !== 'pending') return 'approvals.notPending';
        return approval.requester === me ? 'approvals.ownRequest' : undefined;
      },
      run: ([approval]) => approval && setDecided({ approval, approve }),
    });
    return [decide('approve', 'approvals.approve', true), decide('reject', 'approvals.reject', false)];
  }, [me]);
  const columns = useMemo<Column<Approval>[]>(() => {
    const nameOf = (id: string | null) => users?.find((user) => user.id === id)?.username ?? id ?? '–';
    return [
      { id: 'action', header: t('approvals.what'), cell: ({ row }) => <Code>{row.original.action}</Code> },
      { id: 'object', header: t('audit.object'), cell: ({ row }) => row.original.object || '–' },
      { id: 'reason', header: t('approvals.reason'), cell: ({ row }) => <Text inherit maw={360} lineClamp={3}>{row.original.reason}</Text> },
      { id: 'requester', header: t('approvals.requester'), cell: ({ row }) => nameOf(row.original.requester) },
      { id: 'approver', header: t('approvals.approver'), cell: ({ row }) => nameOf(row.original.approver) },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={colors[row.original.state]}>{t(`approvalState.${row.original.state}`)}</Dot> },
      { id: 'expires', header: t('fleet.expires'), cell: ({ row }) => <Time value={row.original.expires} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.action })} actions={actions} items={[row.original]} /> },
    ];
  }, [t, users, actions]);
  return (
    <>
      <PageHeader title={t('nav.approvals')} />
      <DataTable label={t('nav.approvals')} query={query} items={approvals} columns={columns} rowId={(approval) => approval.id} empty={<Empty title={t('approvals.none')}>{t('approvals.noneHint')}</Empty>} />
      {decided && <DecisionDialog {...decided} close={() => setDecided(undefined)} />}
    </>
  );
}
