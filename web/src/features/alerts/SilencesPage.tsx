import { Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { api, ifMatch } from '@/api/client';
import { useCan } from '@/api/session';
import type { AlertSilence } from '@/api/types';
import { silencesQuery } from '@/features/alerts/queries';
import { SilenceDialog } from '@/features/alerts/SilenceDialog';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { alertPages } from '@/ui/alertPages';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';
import { useClock } from '@/ui/useClock';

const isOver = (silence: AlertSilence, now: Date) => Date.parse(silence.until) <= now.getTime();

/** Of which alerts nobody is told for a while, why, and who wanted that. */
export function SilencesPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery({ ...silencesQuery, refetchInterval: 15_000 });
  const silences = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWork = useCan('alerts:work');
  const [isAdding, setAdding] = useState(false);
  const [actions, confirmation] = useSilenceActions();
  const nameOf = useActorName();
  const columns = useMemo<Column<AlertSilence>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'about', header: t('silences.about'), cell: ({ row }) => [row.original.rule || t('alerts.everyRule'), ...Object.entries(row.original.group).map(([key, value]) => `${key} = ${value}`)].join(', ') },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <SilenceState silence={row.original} /> },
      { id: 'until', header: t('silences.until'), cell: ({ row }) => <Time value={row.original.until} /> },
      { id: 'reason', header: t('silences.reason'), cell: ({ row }) => <Text inherit maw={320} lineClamp={3}>{row.original.reason}</Text> },
      { id: 'owner', header: t('silences.owner'), cell: ({ row }) => nameOf(row.original.owner) },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions, nameOf],
  );
  return (
    <>
      <PageHeader title={t('silences.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWork} title={canWork ? undefined : t('action.noRight')} onClick={() => setAdding(true)}>
          {t('silences.add')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.alerts" tabs={alertPages} />
      <DataTable label={t('silences.title')} query={query} items={silences} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('silences.none')}>{t('silences.help')}</Empty>} />
      {isAdding && <SilenceDialog close={() => setAdding(false)} />}
      {confirmation}
    </>
  );
}

function SilenceState({ silence }: { silence: AlertSilence }) {
  const { t } = useTranslation();
  const now = useClock();
  if (isOver(silence, now)) return <Dot color={stateColor.idle}>{t('silences.over')}</Dot>;
  const hasBegun = Date.parse(silence.from) <= now.getTime();
  return <Dot color={hasBegun ? stateColor.warn : stateColor.idle}>{t(hasBegun ? 'silences.inForce' : 'silences.later')}</Dot>;
}

function useSilenceActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<AlertSilence>[]>(
    () => [
      {
        id: 'end',
        label: 'silences.end',
        right: 'alerts:work',
        single: true,
        refusal: ([each]) => (each && isOver(each, new Date()) ? 'silences.isOver' : undefined),
        run: ([each]) =>
          each &&
          ask({
            title: t('silences.endTitle', { name: each.name }),
            body: t('silences.endHelp'),
            button: t('silences.end'),
            run: async () => {
              await api.DELETE('/alert-silences/{id}', { params: { path: { id: each.id }, header: ifMatch(each.etag) } });
              await client.invalidateQueries({ queryKey: ['alert-silences'] });
            },
          }),
      },
    ],
    [ask, client, t],
  );
  return [actions, confirmation] as const;
}
