import { Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { Evidence } from '@/api/types';
import { EvidenceDialog } from '@/features/trust/EvidenceDialog';
import { isShown, namesOf } from '@/features/trust/narrow';
import { evidenceQuery } from '@/features/trust/queries';
import { evidenceStates } from '@/features/trust/search';
import { byNeed, evidenceColor, evidenceState } from '@/features/trust/states';
import { TrustFilters } from '@/features/trust/TrustFilters';
import { useEvidenceActions } from '@/features/trust/useEvidenceActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { BulkBar } from '@/ui/BulkBar';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';
import { trustPages } from '@/ui/trustPages';
import { useClock } from '@/ui/useClock';
import { useListKeys } from '@/ui/useListKeys';

const route = getRouteApi('/app/assurance/evidence');
const states = evidenceStates.map((each) => [each, `evidence.state.${each}`] as const);
const idOf = (each: Evidence) => each.id;
const nameOf = (each: Evidence) => each.title;

/** What stands behind the promises that no machine can check, what wants somebody first. */
export function EvidencePage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(evidenceQuery);
  const now = useClock().getTime();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const all = useMemo(() => byNeed(query.data?.pages.flatMap((page) => page.items) ?? [], now), [query.data, now]);
  const items = useMemo(() => all.filter((each) => isShown({ ...each, state: evidenceState(each, now), duty: each.commitment, due: each.expires }, search, now)), [all, search, now]);
  const canWrite = useCan('trust:write');
  const [isFiling, setFiling] = useState(false);
  const [actions, confirmation] = useEvidenceActions();
  const list = useListKeys(items, idOf, nameOf);
  const columns = useMemo<Column<Evidence>[]>(
    () => [
      { id: 'title', header: t('evidence.record'), cell: ({ row }) => <Record of={row.original} /> },
      { id: 'commitment', header: t('commitments.id'), cell: ({ row }) => row.original.commitment },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <State of={row.original} now={now} /> },
      { id: 'owner', header: t('evidence.owner'), cell: ({ row }) => [row.original.owner, row.original.deputy].filter(Boolean).join(' / ') },
      { id: 'expires', header: t('evidence.expires'), cell: ({ row }) => <Time value={row.original.expires} /> },
      { id: 'reviewed', header: t('evidence.reviewed'), cell: ({ row }) => (row.original.reviewed ? <Time value={row.original.reviewed} /> : '–') },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.title })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions, now],
  );
  return (
    <>
      <PageHeader title={t('evidence.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setFiling(true)}>
          {t('evidence.file')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.assurance" tabs={trustPages} />
      <TrustFilters states={states} owners={namesOf(all)} duties={[...new Set(all.map((each) => each.commitment))].toSorted()} search={search} change={(part) => void navigate({ search: (before) => ({ ...before, ...part }) })} />
      <BulkBar label={t('evidence.bulk')} actions={actions} selected={list.selected} active={list.active} idOf={idOf} nameOf={nameOf} clear={list.clear} />
      <DataTable label={t('evidence.title')} selection={list} query={query} items={items} columns={columns} rowId={idOf} empty={all.length > 0 ? <Empty title={t('evidence.noneMatch')}>{t('duties.noneHelp')}</Empty> : <Empty title={t('evidence.none')}>{t('evidence.help')}</Empty>} />
      {isFiling && <EvidenceDialog close={() => setFiling(false)} />}
      {confirmation}
    </>
  );
}

function Record({ of: { title, standard, on_request, public: isPublic, sha256 } }: { of: Evidence }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm">{title}</Text>
      <Text size="xs" c="dimmed">
        {[standard, sha256 ? t('evidence.hasDocument') : t('evidence.noDocument'), isPublic && t('evidence.isPublic'), on_request && t('evidence.isOnRequest')].filter(Boolean).join(' · ')}
      </Text>
    </>
  );
}

function State({ of, now }: { of: Evidence; now: number }) {
  const { t } = useTranslation();
  const state = evidenceState(of, now);
  return <Dot color={evidenceColor[state]}>{t(`evidence.state.${state}`)}</Dot>;
}
