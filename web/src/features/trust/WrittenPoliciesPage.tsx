import { Anchor, Button, Group, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { WrittenPolicy } from '@/api/types';
import { Audience } from '@/features/trust/Audience';
import { policyStates } from '@/features/trust/policyStates';
import { writtenPoliciesQuery } from '@/features/trust/queries';
import { useWrittenPolicies } from '@/features/trust/useWrittenPolicies';
import { policiesByNeed, isWaiting, policyColor } from '@/features/trust/writtenPolicies';
import { ActionMenu } from '@/ui/ActionMenu';
import { BulkBar } from '@/ui/BulkBar';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { trustPages } from '@/ui/trustPages';
import { useRowKeys } from '@/ui/useRowKeys';
import { useSelection } from '@/ui/useSelection';

const route = getRouteApi('/app/assurance/policies');
const idOf = (each: WrittenPolicy) => each.id;
const nameOf = (each: WrittenPolicy) => each.newest.title;

/** What people must know and acknowledge: which version holds, which waits for its review, and how many have acknowledged it. */
export function WrittenPoliciesPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(writtenPoliciesQuery);
  const { state } = route.useSearch();
  const navigate = useNavigate();
  const all = useMemo(() => policiesByNeed(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  const shown = useMemo(() => (state ? all.filter((each) => each.state === state) : all), [all, state]);
  const canWrite = useCan('trust:write');
  const { actions, dialogs, file } = useWrittenPolicies();
  const selection = useSelection(shown, idOf);
  const active = shown[useRowKeys(shown.length, {
    show: () => undefined,
    open: (index) => shown[index] && void navigate({ to: '/assurance/policies/$policyId', params: { policyId: shown[index].id } }),
    toggle: (index) => shown[index] && selection.toggle(shown[index]),
  })];
  const columns = useMemo<Column<WrittenPolicy>[]>(
    () => [
      { id: 'title', header: t('writtenPolicies.policy'), cell: ({ row }) => <Name of={row.original} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={policyColor[row.original.state]}>{t(`writtenPolicies.state.${row.original.state}`)}</Dot> },
      { id: 'version', header: t('writtenPolicies.versions'), cell: ({ row }) => <Versions of={row.original} /> },
      { id: 'audience', header: t('writtenPolicies.audience'), cell: ({ row }) => <Audience roles={(row.original.in_force ?? row.original.newest).roles} /> },
      { id: 'people', header: t('writtenPolicies.acknowledged'), cell: ({ row }) => <Headcount of={row.original} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.newest.title })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('writtenPolicies.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={file}>
          {t('writtenPolicies.file')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.assurance" tabs={trustPages} />
      <Group gap={6} mb="sm" role="group" aria-label={t('fleet.state')}>
        {policyStates.map((each) => (
          <Button key={each} size="compact-xs" variant={state === each ? 'filled' : 'default'} aria-pressed={state === each} onClick={() => void navigate({ to: '/assurance/policies', search: state === each ? {} : { state: each } })}>
            {t('commitments.count', { state: t(`writtenPolicies.state.${each}`), count: all.filter((one) => one.state === each).length })}
          </Button>
        ))}
      </Group>
      <BulkBar label={t('writtenPolicies.bulk')} actions={actions} selected={selection.selected} active={active} idOf={idOf} nameOf={nameOf} clear={selection.clear} />
      <DataTable
        label={t('writtenPolicies.title')}
        selection={{ ...selection, active, nameOf }}
        query={query}
        items={shown}
        columns={columns}
        rowId={idOf}
        empty={<Empty title={t(state ? 'writtenPolicies.noneMatch' : 'writtenPolicies.none')}>{!state && t('writtenPolicies.help')}</Empty>}
      />
      {dialogs}
    </>
  );
}

function Name({ of: { id, subject, newest } }: { of: WrittenPolicy }) {
  const { t } = useTranslation();
  return (
    <>
      <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/assurance/policies/$policyId" params={{ policyId: id }} />}>
        {newest.title}
      </Anchor>
      <Text size="xs" c="dimmed">
        {[t(`writtenPolicies.subject.${subject as 'other'}`, { defaultValue: subject }), [newest.owner, newest.deputy].filter(Boolean).join(' / ')].join(' · ')}
      </Text>
    </>
  );
}

function Versions({ of }: { of: WrittenPolicy }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm">{of.in_force ? t('writtenPolicies.inForce', { number: of.in_force.number }) : t('writtenPolicies.noneInForce')}</Text>
      {isWaiting(of) && (
        <Text size="xs" c="dimmed">
          {t('writtenPolicies.waits', { number: of.newest.number })}
        </Text>
      )}
    </>
  );
}

function Headcount({ of: { in_force, people, complete, overdue } }: { of: WrittenPolicy }) {
  const { t } = useTranslation();
  if (!in_force) return <>–</>;
  return (
    <>
      <Text size="sm">{t('writtenPolicies.of', { complete, people })}</Text>
      {overdue > 0 && (
        <Text size="xs" c="var(--mantine-color-error)">
          {t('writtenPolicies.overdue', { count: overdue })}
        </Text>
      )}
    </>
  );
}
