import { Button, Group, Paper, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import type { Policy, Rollout, RolloutRing } from '@/api/types';
import { ChangeTable } from '@/features/policies/ChangeTable';
import { rolloutsQuery } from '@/features/policies/queries';
import { RolloutHosts } from '@/features/policies/RolloutHosts';
import { useRolloutActions } from '@/features/policies/useRolloutActions';
import { diffDocuments, type PolicyDocument } from '@/lib/diff';
import { ActionMenu } from '@/ui/ActionMenu';
import { Dot } from '@/ui/Dot';
import { Empty, Gate } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago, Time } from '@/ui/Time';

const colors = { running: stateColor.warn, paused: stateColor.idle, finished: stateColor.good, 'backed-out': stateColor.bad };

/** The roll-outs of a policy, newest first: how far each is, and what its hosts say. */
export function Rollouts({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(rolloutsQuery(policy.id));
  const rollouts = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [actions, dialogs] = useRolloutActions();
  return (
    <Gate query={query}>
      {rollouts.length === 0 && <Empty title={t('rollouts.none')}>{t('rollouts.noneHint')}</Empty>}
      <Stack gap="sm">
        {rollouts.map((rollout) => (
          <RolloutCard key={rollout.id} policy={policy} rollout={rollout} actions={actions} />
        ))}
      </Stack>
      {query.hasNextPage && (
        <Button mt="sm" size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      {dialogs}
    </Gate>
  );
}

interface RolloutCardProps {
  policy: Policy;
  rollout: Rollout;
  actions: ReturnType<typeof useRolloutActions>[0];
}

function RolloutCard({ policy, rollout, actions }: RolloutCardProps) {
  const { t } = useTranslation();
  const nameOf = useActorName();
  const [isOpen, setOpen] = useState(false);
  const items = useMemo(() => [rollout], [rollout]);
  return (
    <Paper withBorder p="sm" component="section" aria-label={t('rollouts.state', { state: t(`rollouts.states.${rollout.state}`) })}>
      <Group justify="space-between">
        <Group gap="md">
          <Dot color={colors[rollout.state]}>{t(`rollouts.states.${rollout.state}`)}</Dot>
          <Text size="sm">
            <Time value={rollout.started} /> · {nameOf(rollout.started_by)}
          </Text>
          {rollout.reason && (
            <Text size="sm" fw={600}>
              {rollout.reason}
            </Text>
          )}
        </Group>
        <Group gap="xs">
          <Button size="compact-xs" variant="default" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? t('rollouts.less') : t('rollouts.more')}
          </Button>
          <ActionMenu label={t('rollouts.actions')} actions={actions} items={items} />
        </Group>
      </Group>
      <Rings rollout={rollout} />
      {isOpen && (
        <Stack gap="sm" mt="sm">
          {rollout.state !== 'finished' && <ChangeTable changes={diffDocuments(policy.document, rollout.document as PolicyDocument)} />}
          <RolloutHosts rollout={rollout} />
        </Stack>
      )}
    </Paper>
  );
}

const counted = ['hosts', 'healthy', 'unhealthy', 'waiting', 'absent'] as const;

function Rings({ rollout }: { rollout: Rollout }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={460} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('rollouts.rings'), role: 'group' } }}>
      <Table fz="sm" verticalSpacing={3} mt="xs" aria-label={t('rollouts.rings')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('rollouts.ring')}</Table.Th>
            {counted.map((each) => (
              <Table.Th scope="col" key={each}>
                {t(`rollouts.counts.${each}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rollout.rings.map((ring, index) => (
            <Table.Tr key={ring.name} data-active={index === rollout.opened - 1 || undefined}>
              <Table.Th scope="row" fw={index === rollout.opened - 1 ? 600 : 400}>
                <RingName ring={ring} /> {index === rollout.opened - 1 && rollout.ring_started && <Ago value={rollout.ring_started} />}
              </Table.Th>
              {counted.map((each) => (
                <Table.Td key={each}>{ring.counts?.[each] ?? '–'}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function RingName({ ring }: { ring: RolloutRing }) {
  const { t } = useTranslation();
  if (ring.percent === 100) return t('rollouts.everybody');
  return ring.percent === null ? ring.name : `${ring.name} (${ring.percent} %)`;
}
