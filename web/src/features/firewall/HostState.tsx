import { Button, Group, Select, Text, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { askAgent, recentCommandsQuery } from '@/api/commands';
import { hostsQuery } from '@/api/hosts';
import { useCan } from '@/api/session';
import { lastState } from '@/features/firewall/state';
import { Dot } from '@/ui/Dot';
import { notifyFailure } from '@/ui/notify';
import { Empty, Gate } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

/** What is in force on a host, as it last said: whether new rules still wait for the manager, or were taken back. */
export function HostState({ host, choose }: { host: string | undefined; choose: (host: string | undefined) => void }) {
  const { t } = useTranslation();
  const canSee = useCan('agents:read');
  const hosts = useInfiniteQuery({ ...hostsQuery, enabled: canSee });
  const agents = useMemo(() => hosts.data?.pages.flatMap((page) => page.items) ?? [], [hosts.data]);
  const chosen = agents.find((each) => each.id === host);
  if (!canSee) return null;
  return (
    <section aria-label={t('firewall.onHost')}>
      <Title order={2} size="h4" mt="lg" mb={4}>
        {t('firewall.onHost')}
      </Title>
      <Group gap="xs" mb="sm" align="end">
        <Select size="xs" searchable label={t('field.host')} placeholder={t('quarantine.choose')} value={chosen ? chosen.id : null} onChange={(id) => choose(id ?? undefined)} data={agents.map(({ id, hostname }) => ({ value: id, label: hostname }))} />
        {chosen && <Ask agentId={chosen.id} isOnline={chosen.state === 'online'} name="status" label={t('quarantine.ask')} />}
        {chosen && <Ask agentId={chosen.id} isOnline={chosen.state === 'online'} name="retry" label={t('firewall.retry')} />}
      </Group>
      {chosen && <State agentId={chosen.id} />}
    </section>
  );
}

function Ask({ agentId, isOnline, name, label }: { agentId: string; isOnline: boolean; name: 'status' | 'retry'; label: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canAsk = useCan('commands:write');
  const ask = useMutation({
    mutationFn: () => askAgent(agentId, { module: 'firewall', name }),
    onError: notifyFailure,
    onSettled: () => client.invalidateQueries({ queryKey: ['agents', 'commands', agentId] }),
  });
  const isPossible = canAsk && isOnline;
  return (
    <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} loading={ask.isPending} disabled={!isPossible} title={isPossible ? undefined : t(canAsk ? 'fleet.mustBeOnline' : 'action.noRight')} onClick={() => ask.mutate()}>
      {label}
    </Button>
  );
}

function State({ agentId }: { agentId: string }) {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(recentCommandsQuery(agentId));
  const state = useMemo(() => lastState(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  return (
    <Gate query={query}>
      {state ? (
        <Text component="div" size="sm">
          {state.rolled_back && <Dot color={stateColor.bad}>{t('firewall.rolledBack')}</Dot>}
          {state.awaits_manager && <Dot color={stateColor.warn}>{t('firewall.awaits')}</Dot>}
          {!state.rolled_back && !state.awaits_manager && <Dot color={state.installed ? stateColor.good : stateColor.idle}>{t(state.installed ? 'firewall.confirmed' : 'firewall.nothing')}</Dot>}
          {state.isolated && <Dot color={stateColor.warn}>{t('firewall.isolated')}</Dot>}
          {t('firewall.rulesInForce', { count: state.rules })}
          {state.blocked.length > 0 && ` · ${t('firewall.blocked', { count: state.blocked.length })}: ${state.blocked.map((each) => each.address).join(', ')}`}
          <Text size="xs" c="dimmed" lang={i18n.language}>
            {t('quarantine.asOf')} <Time value={state.asOf} />
          </Text>
        </Text>
      ) : (
        <Empty title={t('firewall.neverAsked')}>{t('quarantine.neverAskedHint')}</Empty>
      )}
    </Gate>
  );
}
