import { Button, Group, Select, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { askAgent, recentCommandsQuery } from '@/api/commands';
import { hostsQuery } from '@/api/hosts';
import { useCan } from '@/api/session';
import { FileTable } from '@/features/quarantine/FileTable';
import { lastQuarantine } from '@/features/quarantine/files';
import { notifyFailure } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { Empty, Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

const route = getRouteApi('/app/quarantine');

/** What a host's anti-malware took away: as the host last said, and asked for anew on demand. */
export function QuarantinePage() {
  const { t } = useTranslation();
  const { host = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const hosts = useInfiniteQuery(hostsQuery);
  const agents = useMemo(() => hosts.data?.pages.flatMap((page) => page.items) ?? [], [hosts.data]);
  const chosen = agents.find((each) => each.id === host);
  return (
    <>
      <PageHeader title={t('nav.quarantine')} />
      <Gate query={hosts}>
        {agents.length === 0 ? (
          <Empty title={t('fleet.none')}>{t('fleet.noneHint')}</Empty>
        ) : (
          <Group gap="xs" mb="sm" align="end">
            <Select
              size="xs"
              searchable
              label={t('field.host')}
              placeholder={t('quarantine.choose')}
              value={chosen ? host : null}
              onChange={(id) => void navigate({ search: { host: id ?? undefined } })}
              data={agents.map(({ id, hostname }) => ({ value: id, label: hostname }))}
            />
            {chosen && <Ask agentId={host} isOnline={chosen.state === 'online'} />}
          </Group>
        )}
        {chosen && <Files agentId={host} hostname={chosen.hostname} />}
      </Gate>
    </>
  );
}

function Ask({ agentId, isOnline }: { agentId: string; isOnline: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canAsk = useCan('commands:write');
  const ask = useMutation({
    mutationFn: () => askAgent(agentId, { module: 'anti-malware', name: 'quarantine-list' }),
    onError: notifyFailure,
    onSettled: () => client.invalidateQueries({ queryKey: ['agents', 'commands', agentId] }),
  });
  const refusal = isOnline ? 'action.noRight' : 'fleet.mustBeOnline';
  const isPossible = canAsk && isOnline;
  return (
    <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} loading={ask.isPending} disabled={!isPossible} title={isPossible ? undefined : t(refusal)} onClick={() => ask.mutate()}>
      {t('quarantine.ask')}
    </Button>
  );
}

function Files({ agentId, hostname }: { agentId: string; hostname: string }) {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(recentCommandsQuery(agentId));
  const quarantine = useMemo(() => lastQuarantine(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  return (
    <Gate query={query}>
      {quarantine ? (
        <>
          <Text size="sm" c="dimmed" mb="xs">
            {t('quarantine.asOf')} <Time value={quarantine.asOf} />
            {' · '}
            {t('quarantine.held', { count: quarantine.count, size: (quarantine.bytes / 1e6).toLocaleString(i18n.language, { maximumFractionDigits: 1 }) })}
            {quarantine.unreadable > 0 && ` · ${t('quarantine.unreadable', { count: quarantine.unreadable })}`}
          </Text>
          <FileTable agentId={agentId} hostname={hostname} files={quarantine.files} query={query} />
        </>
      ) : (
        <Empty title={t('quarantine.neverAsked')}>{t('quarantine.neverAskedHint')}</Empty>
      )}
    </Gate>
  );
}
