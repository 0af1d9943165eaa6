import { Button, Group } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { PolicyReader, WrittenPolicyVersion } from '@/api/types';
import { Audience } from '@/features/trust/Audience';
import { readerStates } from '@/features/trust/policyStates';
import { policyReadersQuery, writtenPolicyQuery } from '@/features/trust/queries';
import { useWrittenPolicies } from '@/features/trust/useWrittenPolicies';
import { isWaiting, policyColor, readersByNeed } from '@/features/trust/writtenPolicies';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Fact, Facts } from '@/ui/Facts';
import { Hash } from '@/ui/Hash';
import { PageHeader } from '@/ui/PageHeader';
import { Empty, Gate } from '@/ui/States';
import { Time } from '@/ui/Time';
import { useOffer } from '@/ui/useOffer';

const route = getRouteApi('/app/assurance/policies/$policyId');

/** One policy: its versions, and by name who has acknowledged the one in force and who has not. */
export function WrittenPolicyPage() {
  const { t } = useTranslation();
  const { policyId } = route.useParams();
  const navigate = useNavigate();
  const query = useQuery(writtenPolicyQuery(policyId));
  const { data } = query;
  const leave = useCallback(() => void navigate({ to: '/assurance/policies' }), [navigate]);
  const { actions, dialogs } = useWrittenPolicies(leave);
  const items = useMemo(() => (data ? [data] : []), [data]);
  useOffer(data?.newest.title ?? '', actions, items);
  return (
    <>
      <PageHeader title={data?.newest.title ?? t('writtenPolicies.title')} note={data && <Dot color={policyColor[data.state]}>{t(`writtenPolicies.state.${data.state}`)}</Dot>}>
        {data && <ActionMenu label={t('common.actionsOf', { name: data.newest.title })} actions={actions} items={items} />}
        <Button component={Link} to="/assurance/policies" size="xs" variant="default">
          {t('writtenPolicies.all')}
        </Button>
      </PageHeader>
      <Gate query={query}>
        {data && (
          <>
            {isWaiting(data) && <Version of={data.newest} title={t('writtenPolicies.waits', { number: data.newest.number })} />}
            {data.in_force && <Version of={data.in_force} title={t('writtenPolicies.inForce', { number: data.in_force.number })} />}
            {data.in_force ? <Readers id={policyId} /> : <Empty title={t('writtenPolicies.noneInForce')}>{t('writtenPolicies.noneInForceHelp')}</Empty>}
          </>
        )}
      </Gate>
      {dialogs}
    </>
  );
}

function Version({ of, title }: { of: WrittenPolicyVersion; title: string }) {
  const { t } = useTranslation();
  return (
    <Facts title={title}>
      <Fact name={t('evidence.owner')}>{[of.owner, of.deputy].filter(Boolean).join(' / ')}</Fact>
      <Fact name={t('writtenPolicies.audience')}><Audience roles={of.roles} /></Fact>
      <Fact name={t('writtenPolicies.cadence')}>{of.cadence_days === 0 ? t('writtenPolicies.asLong') : t('writtenPolicies.days', { count: of.cadence_days })}</Fact>
      <Fact name={t('writtenPolicies.grace')}>{t('writtenPolicies.days', { count: of.grace_days })}</Fact>
      <Fact name={t('writtenPolicies.filedBy')}>
        {of.filed_by} · <Time value={of.filed} />
      </Fact>
      {of.reviewed && (
        <Fact name={t('writtenPolicies.reviewedBy')}>
          {of.reviewer} · <Time value={of.reviewed} />
        </Fact>
      )}
      <Fact name="SHA-256">
        <Hash value={of.sha256} of={title} />
      </Fact>
    </Facts>
  );
}

/** Who must acknowledge the version in force, those who are late first. */
function Readers({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(policyReadersQuery(id));
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  const all = useMemo(() => readersByNeed(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  const shown = useMemo(() => (state ? all.filter((each) => each.state === state) : all), [all, state]);
  const columns = useMemo<Column<PolicyReader>[]>(
    () => [
      { id: 'who', header: t('writtenPolicies.who'), cell: ({ row }) => row.original.username },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={policyColor[row.original.state]}>{t(`ownPolicies.state.${row.original.state}`)}</Dot> },
      { id: 'acknowledged', header: t('writtenPolicies.acknowledged'), cell: ({ row }) => (row.original.acknowledged ? <Time value={row.original.acknowledged} /> : '–') },
      { id: 'deadline', header: t('writtenPolicies.deadline'), cell: ({ row }) => (row.original.deadline ? <Time value={row.original.deadline} /> : '–') },
    ],
    [t],
  );
  return (
    <Facts title={t('writtenPolicies.people')}>
      <Group gap={6} mb="xs" role="group" aria-label={t('fleet.state')}>
        {readerStates.map((each) => (
          <Button key={each} size="compact-xs" variant={state === each ? 'filled' : 'default'} aria-pressed={state === each} onClick={() => void navigate({ search: state === each ? {} : { state: each } })}>
            {t('commitments.count', { state: t(`ownPolicies.state.${each}`), count: all.filter((one) => one.state === each).length })}
          </Button>
        ))}
      </Group>
      <DataTable label={t('writtenPolicies.people')} query={query} items={shown} columns={columns} rowId={(each) => each.user_id} empty={<Empty title={t(state ? 'writtenPolicies.nobodyMatches' : 'writtenPolicies.nobody')}>{!state && t('writtenPolicies.nobodyHelp')}</Empty>} />
    </Facts>
  );
}
