import { Tabs, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ifMatch } from '@/api/client';
import { policiesQuery } from '@/api/queries';
import type { Policy } from '@/api/types';
import { GoldenHostCard } from '@/features/policies/GoldenHost';
import { PolicyForm } from '@/features/policies/PolicyForm';
import { effectiveQuery, policyQuery, schemaQuery } from '@/features/policies/queries';
import { Rollouts } from '@/features/policies/Rollouts';
import { Versions } from '@/features/policies/Versions';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { PageHeader } from '@/ui/PageHeader';
import { Gate } from '@/ui/States';

const route = getRouteApi('/app/policies/$policyId');

export function PolicyPage() {
  const { policyId } = route.useParams();
  const query = useQuery(policyQuery(policyId));
  return <Gate query={query}>{query.data && <PolicyDetail key={policyId} policy={query.data} />}</Gate>;
}

function PolicyDetail({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const { tab = 'settings' } = route.useSearch();
  const navigate = route.useNavigate();
  const parent = useQuery(policiesQuery).data?.find((each) => each.id === policy.parent_id);
  const [actions, confirmation] = usePolicyActions();
  return (
    <>
      <PageHeader
        title={policy.name}
        note={
          <Text component="span" inherit>
            {parent ? t('policies.inheritsFrom', { name: parent.name }) : t('policies.isRoot')} · {t('policies.versionOf', { version: policy.version })} ·{' '}
            {t('policies.usedBy', { count: policy.agents })}
          </Text>
        }
      >
        <ActionMenu label={t('common.actionsOf', { name: policy.name })} actions={actions} items={[policy]} />
      </PageHeader>
      {policy.description && (
        <Text size="sm" mb="sm">
          {policy.description}
        </Text>
      )}
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ search: next === 'versions' || next === 'rollouts' ? { tab: next } : {}, replace: true })}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="settings">{t('policies.settings')}</Tabs.Tab>
          <Tabs.Tab value="versions">{t('policies.versions')}</Tabs.Tab>
          <Tabs.Tab value="rollouts">{t('rollouts.title')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="settings">
          <GoldenHostCard policy={policy} />
          <Settings policy={policy} />
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions policy={policy} />
        </Tabs.Panel>
        <Tabs.Panel value="rollouts">
          <Rollouts policy={policy} />
        </Tabs.Panel>
      </Tabs>
      {confirmation}
    </>
  );
}

function Settings({ policy }: { policy: Policy }) {
  const schema = useQuery(schemaQuery);
  const parent = useQuery({ ...effectiveQuery(policy.parent_id ?? ''), enabled: policy.parent_id !== null });
  const isWaiting = policy.parent_id !== null && !parent.data;
  return (
    <Gate query={schema}>
      <Gate query={isWaiting ? parent : schema}>
        {schema.data && <PolicyForm policy={policy} sections={schema.data} inherited={parent.data?.settings} />}
      </Gate>
    </Gate>
  );
}

function usePolicyActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<Policy>[]>(
    () => [
      {
        id: 'delete',
        label: 'common.delete',
        right: 'policies:write',
        single: true,
        dangerous: true,
        refusal: ([policy]) => {
          if (policy?.parent_id === null) return 'policies.rootStays';
          return policy && policy.agents > 0 ? 'policies.inUse' : undefined;
        },
        run: ([policy]) =>
          policy &&
          ask({
            title: t('policies.deleteTitle', { name: policy.name }),
            body: t('common.cannotUndo'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/policies/{id}', { params: { path: { id: policy.id }, header: ifMatch(policy.etag) } });
              await navigate({ to: '/policies' });
              await client.invalidateQueries({ queryKey: ['policies'] });
            },
          }),
      },
    ],
    [ask, client, navigate, t],
  );
  return [actions, confirmation] as const;
}
