import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { IncidentIsolation } from '@/api/types';
import { hostsQuery, isolationsQuery, type OfIncident } from '@/features/incidents/queries';
import { useStep } from '@/features/incidents/useStep';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

const colors = { queued: stateColor.warn, sent: stateColor.warn, succeeded: stateColor.good, failed: stateColor.bad, expired: stateColor.bad };

/** Hosts cut off from all but their manager, and let go again. */
export function HostsTab({ incident }: OfIncident) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write');
  // Who may not send commands alone takes an approval with it: `warder incident isolate --approval`.
  const canIsolate = useCan('commands:write') && canWrite;
  const hosts = useQuery(hostsQuery).data;
  const query = useInfiniteQuery({ ...isolationsQuery(incident.id), refetchInterval: 3_000 });
  const isolations = useMemo(() => (query.data?.pages.flatMap((page) => page.items) ?? []).toReversed(), [query.data]);
  const [agent, setAgent] = useState<string | null>(null);
  const [ask, confirmation] = useConfirm();
  const act = useStep(incident.id, (action: 'isolate' | 'release') => bodyOf(api.POST('/incidents/{id}/isolations', { params: { path: { id: incident.id } }, body: { agent_id: agent ?? '', action } })));
  const columns = useMemo<Column<IncidentIsolation>[]>(() => {
    const nameOf = (id: string) => hosts?.find((each) => each.value === id)?.label ?? id;
    return [
      { id: 'host', header: t('field.host'), cell: ({ row }) => nameOf(row.original.agent_id) },
      { id: 'action', header: t('incidents.step'), cell: ({ row }) => t(`incidents.isolation.${row.original.action}`) },
      { id: 'time', header: t('field.time'), cell: ({ row }) => <Time value={row.original.time} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Outcome isolation={row.original} /> },
    ];
  }, [t, hosts]);
  const isolate = () =>
    ask({
      title: t('incidents.isolateTitle'),
      body: t('incidents.isolateHelp', { name: hosts?.find((each) => each.value === agent)?.label ?? '' }),
      button: t('incidents.isolation.isolate'),
      run: () => act.mutateAsync('isolate'),
    });
  return (
    <Stack>
      <Group align="end" gap="xs">
        <Select label={t('field.host')} searchable disabled={!canIsolate} value={agent} onChange={setAgent} data={hosts ?? []} />
        <Button color="red.9" disabled={!canIsolate || agent === null} title={canIsolate ? undefined : t('action.noRight')} onClick={isolate}>
          {t('incidents.isolation.isolate')}
        </Button>
        <Button variant="default" disabled={!canIsolate || agent === null} loading={act.isPending} onClick={() => act.mutate('release')}>
          {t('incidents.isolation.release')}
        </Button>
      </Group>
      <Text size="sm" c="dimmed">
        {t('incidents.isolationHint')}
      </Text>
      {act.isError && <Problem error={act.error} />}
      <DataTable label={t('incidents.tab.hosts')} query={query} items={isolations} columns={columns} rowId={(each) => each.command_id} empty={<Empty title={t('incidents.noIsolations')} />} />
      {confirmation}
    </Stack>
  );
}

function Outcome({ isolation: { state, error } }: { isolation: IncidentIsolation }) {
  const { t } = useTranslation();
  if (state === null) return <>{t('common.unknown')}</>;
  return (
    <Dot color={colors[state]}>
      {t(`commandState.${state}`)}
      {error && `: ${error}`}
    </Dot>
  );
}
