import { Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Duty } from '@/api/types';
import { DutyDialog } from '@/features/trust/DutyDialog';
import { isShown, namesOf } from '@/features/trust/narrow';
import { dutiesQuery } from '@/features/trust/queries';
import { dutyStates } from '@/features/trust/search';
import { byDutyNeed, dutyColor } from '@/features/trust/states';
import { TrustFilters } from '@/features/trust/TrustFilters';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';
import { trustPages } from '@/ui/trustPages';
import { useClock } from '@/ui/useClock';

const route = getRouteApi('/app/assurance/duties');
const states = dutyStates.map((each) => [each, `duties.states.${each}`] as const);

/** Whose each organisational duty is, and when its evidence is due: what wants somebody first. */
export function DutiesPage() {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(dutiesQuery);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const now = useClock().getTime();
  const all = useMemo(() => byDutyNeed(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  const shown = useMemo(() => all.filter((each) => isShown({ ...each, duty: each.commitment }, search, now)), [all, search, now]);
  const [assigned, setAssigned] = useState<Duty | null>(null);
  const actions = useMemo<Action<Duty>[]>(() => [{ id: 'assign', label: 'duties.assign', right: 'trust:write', single: true, run: ([each]) => each && setAssigned(each) }], []);
  const columns = useMemo<Column<Duty>[]>(
    () => [
      { id: 'duty', header: t('duties.duty'), cell: ({ row }) => <Sentence of={row.original} language={i18n.language} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={dutyColor[row.original.state]}>{t(`duties.states.${row.original.state}`)}</Dot> },
      { id: 'due', header: t('duties.due'), cell: ({ row }) => (row.original.due ? <Time value={row.original.due} /> : '–') },
      { id: 'owner', header: t('evidence.owner'), cell: ({ row }) => [row.original.owner, row.original.deputy].filter(Boolean).join(' / ') || '–' },
      { id: 'reviewer', header: t('duties.reviewer'), cell: ({ row }) => row.original.reviewer || '–' },
      { id: 'every', header: t('duties.every'), cell: ({ row }) => t('duties.days', { count: row.original.cadence_days }) },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.commitment })} actions={actions} items={[row.original]} /> },
    ],
    [t, i18n.language, actions],
  );
  return (
    <>
      <PageHeader title={t('duties.title')} />
      <PageTabs name="nav.assurance" tabs={trustPages} />
      <TrustFilters states={states} owners={namesOf(all)} duties={all.map((each) => each.commitment).toSorted()} search={search} change={(part) => void navigate({ search: (before) => ({ ...before, ...part }) })} />
      <DataTable label={t('duties.title')} query={query} items={shown} columns={columns} rowId={(each) => each.commitment} empty={<Empty title={t('duties.none')}>{t('duties.noneHelp')}</Empty>} />
      {assigned && <DutyDialog duty={assigned} close={() => setAssigned(null)} />}
    </>
  );
}

function Sentence({ of: { commitment, text, to_review }, language }: { of: Duty; language: string }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm">{text[language === 'ja' ? 'ja' : 'en']}</Text>
      <Text size="xs" c="dimmed">
        {[commitment, to_review && t('duties.toReview')].filter(Boolean).join(' · ')}
      </Text>
    </>
  );
}
