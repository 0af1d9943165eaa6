import { Button, Code, Text } from '@mantine/core';
import { IconDownload, IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { api, apiBase, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { AuditEntry } from '@/api/types';
import { CheckPanel, VerdictCell } from '@/features/audit/CheckPanel';
import { useAuditCheck } from '@/features/audit/useAuditCheck';
import { Verification } from '@/features/audit/Verification';
import { saveUrl } from '@/lib/download';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { FilterBar } from '@/ui/FilterBar';
import { PageHeader } from '@/ui/PageHeader';
import { Problem } from '@/ui/Problem';
import { SavedViews } from '@/ui/SavedViews';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

const route = getRouteApi('/app/audit');
const outcomeColor = { success: stateColor.good, denied: stateColor.warn, failure: stateColor.bad };

const auditQuery = (action: string | undefined) =>
  pagedQuery(['audit', action], (cursor) =>
    bodyOf(api.GET('/audit', { params: { query: { ...withCursor(cursor, 100), ...(action ? { action } : {}) } } })),
  );

export function AuditPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(auditQuery(search.action));
  const entries = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const verify = useMutation({ mutationFn: () => bodyOf(api.GET('/audit/verification')) });
  const nameOf = useActorName();
  const { check, forget } = useAuditCheck(entries);
  const verdicts = check.data?.verdicts;
  const columns = useMemo<Column<AuditEntry>[]>(
    () => [
      { id: 'index', header: '#', cell: ({ row }) => row.original.index },
      { id: 'time', header: t('field.time'), cell: ({ row }) => <Time value={row.original.time} /> },
      { id: 'actor', header: t('audit.actor'), cell: ({ row }) => nameOf(row.original.actor) },
      { id: 'action', header: t('audit.action'), cell: ({ row }) => <Code>{row.original.action}</Code> },
      { id: 'object', header: t('audit.object'), cell: ({ row }) => <Text inherit maw={260} truncate title={row.original.object}>{nameOf(row.original.object) || '–'}</Text> },
      { id: 'outcome', header: t('audit.outcome'), cell: ({ row }) => <Dot color={outcomeColor[row.original.outcome]}>{t(`outcome.${row.original.outcome}`)}</Dot> },
      { id: 'detail', header: t('audit.detail'), cell: ({ row }) => <Detail detail={row.original.detail} /> },
      { id: 'proof', header: t('audit.proof'), cell: ({ row }) => <VerdictCell verdict={verdicts?.get(row.original.index)} /> },
    ],
    [t, nameOf, verdicts],
  );
  return (
    <>
      <PageHeader title={t('nav.audit')}>
        <Button size="xs" variant="default" leftSection={<IconDownload size={14} />} onClick={() => saveUrl(`${apiBase}/audit/export`, 'audit.jsonl')}>
          {t('audit.export')}
        </Button>
        <Button size="xs" variant="default" leftSection={<IconShieldCheck size={14} />} loading={verify.isPending} onClick={() => verify.mutate()}>
          {t('audit.verify')}
        </Button>
      </PageHeader>
      {verify.isError && <Problem error={verify.error} />}
      {verify.data && <Verification result={verify.data} />}
      <CheckPanel check={check} forget={forget} />
      <FilterBar label={t('audit.filterAction')} text={search.action ?? ''} onText={(action) => void navigate({ search: action ? { action } : {}, replace: true })} choices={[]}>
        <SavedViews page="audit" />
      </FilterBar>
      <DataTable label={t('nav.audit')} query={query} items={entries} columns={columns} rowId={(entry) => String(entry.index)} empty={<Empty title={t('audit.none')} />} />
    </>
  );
}

function Detail({ detail }: { detail: Record<string, unknown> }) {
  const entries = Object.entries(detail);
  if (entries.length === 0) return '–';
  const text = entries.map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' · ');
  return (
    <Text size="xs" maw={420} lineClamp={2} title={text}>
      {text}
    </Text>
  );
}
