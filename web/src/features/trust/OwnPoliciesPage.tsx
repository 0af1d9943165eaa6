import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ownPoliciesQuery } from '@/api/ownPolicies';
import type { OwnPolicy } from '@/api/types';
import { readerStates } from '@/features/trust/policyStates';
import { ReadDialog } from '@/features/trust/ReadDialog';
import { policyColor } from '@/features/trust/writtenPolicies';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

const route = getRouteApi('/app/own-policies');
const none: OwnPolicy[] = [];

/** What the one who is logged in must read and acknowledge, what is late first. */
export function OwnPoliciesPage() {
  const { t } = useTranslation();
  const query = useQuery(ownPoliciesQuery);
  const { policy: openId } = route.useSearch();
  const navigate = route.useNavigate();
  const items = useMemo(() => (query.data ?? none).toSorted((a, b) => readerStates.indexOf(a.state) - readerStates.indexOf(b.state)), [query.data]);
  const open = items.find((each) => each.id === openId);
  const columns = useMemo<Column<OwnPolicy>[]>(
    () => [
      { id: 'title', header: t('writtenPolicies.policy'), cell: ({ row }) => <Name of={row.original} /> },
      { id: 'inForce', header: t('ownPolicies.since'), cell: ({ row }) => <Time value={row.original.in_force} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={policyColor[row.original.state]}>{t(`ownPolicies.state.${row.original.state}`)}</Dot> },
      { id: 'deadline', header: t('writtenPolicies.deadline'), cell: ({ row }) => (row.original.deadline ? <Time value={row.original.deadline} /> : '–') },
      { id: 'read', header: t('common.actions'), cell: ({ row }) => <Read policy={row.original} open={(id) => void navigate({ search: { policy: id } })} /> },
    ],
    [t, navigate],
  );
  return (
    <>
      <PageHeader title={t('ownPolicies.title')} />
      <DataTable label={t('ownPolicies.title')} query={query} items={items} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('ownPolicies.none')}>{t('ownPolicies.noneHelp')}</Empty>} />
      {open && <ReadDialog key={`${open.id} ${open.version}`} policy={open} close={() => void navigate({ search: {} })} />}
    </>
  );
}

function Name({ of: { title, version, owner } }: { of: OwnPolicy }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm">{title}</Text>
      <Text size="xs" c="dimmed">
        {t('ownPolicies.versionBy', { number: version, owner })}
      </Text>
    </>
  );
}

function Read({ policy: { id, title, state }, open }: { policy: OwnPolicy; open: (id: string) => void }) {
  const { t } = useTranslation();
  const isDone = state === 'complete';
  const action = t(isDone ? 'ownPolicies.readAgain' : 'ownPolicies.read');
  return (
    <Button size="compact-xs" variant={isDone ? 'default' : 'filled'} aria-label={t('ownPolicies.readOf', { action, title })} onClick={() => open(id)}>
      {action}
    </Button>
  );
}
