import { Anchor, Grid, Group, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { groupsQuery, policiesQuery } from '@/api/queries';
import type { Agent } from '@/api/types';
import { PolicyState } from '@/features/fleet/badges';
import { Commands } from '@/features/fleet/Commands';
import { ModuleTable } from '@/features/fleet/ModuleTable';
import { Ago, Time } from '@/ui/Time';

/** What is known of one agent, its modules and what it was told to do. */
export function AgentOverview({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  return (
    <Stack gap="md">
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Panel title={t('fleet.facts')}>
            <Facts agent={agent} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Panel title={t('fleet.modules')}>
            <ModuleTable modules={agent.modules} />
          </Panel>
        </Grid.Col>
      </Grid>
      <Panel title={t('fleet.commands')}>
        <Commands agentId={agent.id} />
      </Panel>
    </Stack>
  );
}

function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder p="sm" component="section" aria-label={title}>
      <Title order={2} size="h5" mb="xs">
        {title}
      </Title>
      {children}
    </Paper>
  );
}

function Facts({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const group = useQuery(groupsQuery).data?.find((each) => each.id === agent.group_id);
  const policy = useQuery(policiesQuery).data?.find((each) => each.id === agent.policy_id);
  const rows: [string, ReactNode][] = [
    [t('fleet.policyStateLabel'), <PolicyState key="state" agent={agent} />],
    [
      t('fleet.policy'),
      policy ? (
        <Anchor inherit renderRoot={(props) => <Link {...props} to="/policies/$policyId" params={{ policyId: policy.id }} />}>
          {policy.name}
        </Anchor>
      ) : (
        t('fleet.policyFromGroup')
      ),
    ],
    [t('fleet.group'), group?.name ?? '–'],
    [t('fleet.assetValue'), agent.asset_value ?? t('fleet.assetValueOfGroup')],
    [t('fleet.lastSeen'), <Ago key="seen" value={agent.last_seen} />],
    [t('fleet.enrolled'), <Time key="enrolled" value={agent.enrolled} />],
    [t('fleet.address'), agent.address ?? '–'],
    [t('fleet.os'), agent.os ?? '–'],
    [t('fleet.kernel'), agent.kernel ?? '–'],
    [t('fleet.version'), agent.agent_version ?? '–'],
    [t('fleet.certificate'), <Ago key="certificate" value={agent.certificate_expires} />],
    [t('fleet.clockOffset'), agent.clock_offset_ms === null ? t('common.unknown') : `${agent.clock_offset_ms} ms`],
    [t('fleet.spool'), String(agent.spool_events)],
  ];
  return (
    <Table variant="vertical" withRowBorders={false} verticalSpacing={3} fz="sm" layout="fixed">
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={150} bg="transparent" fw={400}>
              <Text component="span" size="sm" c="dimmed">
                {name}
              </Text>
            </Table.Th>
            <Table.Td>
              <Group gap={0}>{value}</Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
