import { Button, Group, List, Text } from '@mantine/core';
import { IconDownload, IconRefresh } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { Commitment, TrustCheck } from '@/api/types';
import { checksQuery, commitmentsQuery } from '@/features/trust/queries';
import { promiseStates } from '@/features/trust/promiseStates';
import { byUrgency, promiseColor } from '@/features/trust/states';
import { saveText } from '@/lib/download';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { notifyDone, notifyFailure } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';
import { Ago } from '@/ui/Time';
import { trustPages } from '@/ui/trustPages';

const route = getRouteApi('/app/assurance/commitments');
const oscalDocuments = ['catalog', 'component-definition', 'assessment-results', 'poam'] as const;

/** Every promise of the public page, how it stands and what the checks behind it found. */
export function CommitmentsPage() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const canRun = useCan('trust:write');
  const commitments = useInfiniteQuery(commitmentsQuery);
  const checks = useQuery(checksQuery);
  // Both together: a sentence grows by what its checks found.
  const query = { ...commitments, isPending: commitments.isPending || checks.isPending };
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  const all = useMemo(() => byUrgency(commitments.data?.pages.flatMap((page) => page.items) ?? []), [commitments.data]);
  const shown = useMemo(() => (state ? all.filter((each) => each.state === state) : all), [all, state]);
  const run = useMutation({
    mutationFn: () => api.POST('/trust/runs'),
    onSuccess: () => notifyDone(t('commitments.started')),
    onSettled: () => client.invalidateQueries({ queryKey: ['trust'] }),
  });
  const columns = useMemo<Column<Commitment>[]>(
    () => [
      { id: 'id', header: t('commitments.id'), cell: ({ row }) => row.original.id },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={promiseColor[row.original.state]}>{t(`trustState.${row.original.state}`)}</Dot> },
      { id: 'text', header: t('commitments.sentence'), cell: ({ row }) => <Sentence of={row.original} checks={checks.data ?? []} language={i18n.language} /> },
      { id: 'owner', header: t('evidence.owner'), cell: ({ row }) => row.original.owner },
      { id: 'checked', header: t('commitments.checked'), cell: ({ row }) => (row.original.checked ? <Ago value={row.original.checked} /> : '–') },
    ],
    [t, i18n.language, checks.data],
  );
  return (
    <>
      <PageHeader title={t('commitments.title')}>
        <Button size="xs" leftSection={<IconRefresh size={14} />} disabled={!canRun} title={canRun ? undefined : t('action.noRight')} loading={run.isPending} onClick={() => run.mutate()}>
          {t('commitments.run')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.assurance" tabs={trustPages} />
      {run.isError && <Problem error={run.error} />}
      <Group gap={6} mb="sm" role="group" aria-label={t('commitments.filter')}>
        {promiseStates.map((each) => (
          <Button key={each} size="compact-xs" variant={state === each ? 'filled' : 'default'} aria-pressed={state === each} onClick={() => void navigate({ search: state === each ? {} : { state: each } })}>
            {t('commitments.count', { state: t(`trustState.${each}`), count: all.filter((one) => one.state === each).length })}
          </Button>
        ))}
      </Group>
      <DataTable label={t('commitments.title')} query={query} items={shown} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('commitments.none')}>{t('commitments.noneHelp')}</Empty>} />
      <Group gap={6} mt="md">
        <Text size="sm">{t('commitments.oscal')}</Text>
        {oscalDocuments.map((each) => (
          <Button key={each} size="compact-xs" variant="default" leftSection={<IconDownload size={12} />} onClick={() => void saveOscal(each)}>
            {each}
          </Button>
        ))}
      </Group>
    </>
  );
}

/** The sentence, why it stands as it does, and what its checks found. */
function Sentence({ of: { text, reason, checks: own, state }, checks, language }: { of: Commitment; checks: TrustCheck[]; language: string }) {
  const results = checks.filter((each) => own.includes(each.id));
  const written = language === 'ja' ? 'ja' : 'en';
  return (
    <>
      <Text size="sm">{text[written]}</Text>
      {reason !== '' && state !== 'pass' && (
        <Text size="xs" c="dimmed">
          {reason}
        </Text>
      )}
      {results.length > 0 && (
        <List size="xs">
          {results.map((each) => (
            <List.Item key={each.id}>
              {each.doc[written]} {each.result?.detail}
            </List.Item>
          ))}
        </List>
      )}
    </>
  );
}

async function saveOscal(document: (typeof oscalDocuments)[number]): Promise<void> {
  try {
    const content = await bodyOf(api.GET('/trust/oscal/{document}', { params: { path: { document } } }));
    saveText(`oscal-${document}.json`, 'application/json', JSON.stringify(content, undefined, 2));
  } catch (error) {
    notifyFailure(error);
  }
}
