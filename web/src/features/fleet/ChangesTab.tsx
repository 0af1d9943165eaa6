import { Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { changesQuery } from '@/features/fleet/changes';
import { approvals, type ChangeFilter, changedKinds, changeRanges, changeWords } from '@/features/fleet/hostSearch';
import { ChangesKnown } from '@/features/fleet/ChangesKnown';
import { useChangeColumns } from '@/features/fleet/changeColumns';
import { DataTable } from '@/ui/DataTable';
import { FilterBar } from '@/ui/FilterBar';
import { Empty } from '@/ui/States';

const route = getRouteApi('/app/fleet/$agentId');

/** What is not as it was when the host's baseline was made, object by object. */
export function ChangesTab({ agentId }: { agentId: string }) {
  const { t } = useTranslation();
  const { q, object, change, approved, since } = route.useSearch();
  const query = useInfiniteQuery(changesQuery(agentId, { q, object, change, approved, since }));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { columns, dialogs } = useChangeColumns(agentId);
  const known = query.data?.pages[0];
  return (
    <Stack gap="xs">
      <ChangeFilters />
      {known && <ChangesKnown known={known} />}
      <DataTable label={t('changes.title')} query={query} items={items} columns={columns} rowId={(item) => `${item.kind} ${item.key}`} empty={known && <NoChange gaps={known.gaps} isNarrowed={known.changes > 0} />} />
      {dialogs}
    </Stack>
  );
}

/** "Nothing has changed" only where that is known. */
function NoChange({ gaps, isNarrowed }: { gaps: string[]; isNarrowed: boolean }) {
  const { t } = useTranslation();
  if (isNarrowed) return <Empty title={t('changes.noneMatch')} />;
  if (gaps.includes('nothing-held')) return <Empty title={t('changes.unknown')}>{t('changes.unknownHint')}</Empty>;
  return <Empty title={t(gaps.length > 0 ? 'changes.noneTold' : 'changes.none')}>{gaps.length > 0 && t('changes.noneToldHint')}</Empty>;
}

function ChangeFilters() {
  const { t } = useTranslation();
  const { q, object, change, approved, since } = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = (part: ChangeFilter) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <FilterBar
      label={t('changes.search')}
      text={q ?? ''}
      onText={(words) => narrow({ q: words?.slice(0, 200) })}
      choices={[
        { label: t('changes.object'), value: object, onChange: (value) => narrow({ object: changedKinds.find((each) => each === value) }), data: changedKinds.map((value) => ({ value, label: t(`changes.kind.${value}`) })) },
        { label: t('changes.change'), value: change, onChange: (value) => narrow({ change: changeWords.find((each) => each === value) }), data: changeWords.map((value) => ({ value, label: t(`changes.word.${value}`) })) },
        { label: t('changes.approval'), value: approved, onChange: (value) => narrow({ approved: approvals.find((each) => each === value) }), data: approvals.map((value) => ({ value, label: t(`changes.approved.${value}`) })) },
        { label: t('changes.from'), value: since, onChange: (value) => narrow({ since: changeRanges.find((each) => each === value) }), data: changeRanges.map((value) => ({ value, label: t(`changes.range.${value}`) })) },
      ]}
    >
      <Text size="xs" c="dimmed">
        {t('changes.help')}
      </Text>
    </FilterBar>
  );
}
