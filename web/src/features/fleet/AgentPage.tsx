import { Alert, Anchor, Stack, Tabs } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { Agent } from '@/api/types';
import { useAgentActions } from '@/features/fleet/agentActions';
import { AgentOverview } from '@/features/fleet/AgentOverview';
import { AgentPolicyTab } from '@/features/fleet/AgentPolicyTab';
import { AgentState } from '@/features/fleet/badges';
import { ChangesTab } from '@/features/fleet/ChangesTab';
import { agentTabs } from '@/features/fleet/hostSearch';
import { InventoryTab } from '@/features/fleet/InventoryTab';
import { agentQuery } from '@/features/fleet/queries';
import { comparison } from '@/lib/filter';
import { ActionMenu } from '@/ui/ActionMenu';
import { PageHeader } from '@/ui/PageHeader';
import { Gate } from '@/ui/States';
import { useOffer } from '@/ui/useOffer';

const route = getRouteApi('/app/fleet/$agentId');

export function AgentPage() {
  const { agentId } = route.useParams();
  const query = useQuery(agentQuery(agentId));
  return <Gate query={query}>{query.data && <AgentDetail agent={query.data} />}</Gate>;
}

function AgentDetail({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const { actions, dialogs } = useAgentActions();
  const items = useMemo(() => [agent], [agent]);
  useOffer(agent.hostname, actions, items);
  const canSeeEvents = useCan('events:read');
  const { tab = 'overview' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Stack gap="md">
      <PageHeader title={agent.hostname} note={<AgentState state={agent.state} />}>
        <Anchor
          size="sm"
          renderRoot={(props) => <Link {...props} to="/events" search={{ filter: comparison('host.name', agent.hostname) }} />}
        >
          {t('fleet.showEvents')}
        </Anchor>
        <ActionMenu label={t('common.actionsOf', { name: agent.hostname })} actions={actions} items={items} />
      </PageHeader>
      {agent.warnings.map((warning) => (
        <Alert key={warning} color="yellow" variant="outline" icon={<IconAlertTriangle />}>
          {warning}
        </Alert>
      ))}
      {agent.policy_error && (
        <Alert color="red" variant="outline" title={t('policyState.failed')}>
          {agent.policy_error}
        </Alert>
      )}
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ search: { tab: agentTabs.find((each) => each === next) }, replace: true })}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="overview">{t('inventory.overview')}</Tabs.Tab>
          <Tabs.Tab value="policy">{t('fleet.policy')}</Tabs.Tab>
          {canSeeEvents && <Tabs.Tab value="changes">{t('changes.title')}</Tabs.Tab>}
          <Tabs.Tab value="inventory">{t('inventory.title')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview">
          <AgentOverview agent={agent} />
        </Tabs.Panel>
        <Tabs.Panel value="policy">
          <AgentPolicyTab agentId={agent.id} />
        </Tabs.Panel>
        {canSeeEvents && (
          <Tabs.Panel value="changes">
            <ChangesTab agentId={agent.id} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="inventory">
          <InventoryTab agentId={agent.id} />
        </Tabs.Panel>
      </Tabs>
      {dialogs}
    </Stack>
  );
}
