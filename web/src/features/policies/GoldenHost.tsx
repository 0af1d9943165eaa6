import { Button, Group, Paper, Select, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { GoldenHost, Policy } from '@/api/types';
import { goldenHostQuery, hostsQuery } from '@/features/policies/queries';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

/** The host whose changes of files are no alarm on the policy's other hosts. */
export function GoldenHostCard({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const query = useQuery(goldenHostQuery(policy.id));
  return (
    <Paper withBorder p="sm" mb="md" component="section" aria-label={t('policies.golden')}>
      <Title order={2} size="h5">
        {t('policies.golden')}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('policies.goldenHint')}
      </Text>
      <Gate query={query}>{query.data && <GoldenHostForm key={query.data.agent_id} policy={policy} golden={query.data} />}</Gate>
    </Paper>
  );
}

function GoldenHostForm({ policy, golden }: { policy: Policy; golden: GoldenHost }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const nameOf = useActorName();
  const canWrite = useCan('policies:write');
  const [host, setHost] = useState(golden.agent_id);
  const [search, setSearch] = useState('');
  const [hostname] = useDebouncedValue(search, 200);
  const hosts = useQuery({ ...hostsQuery(hostname === golden.hostname ? '' : hostname), enabled: canWrite }).data ?? [];
  const names = new Map(hosts.map((each) => [each.id, each.hostname]));
  if (golden.agent_id) names.set(golden.agent_id, golden.hostname ?? golden.agent_id);
  const save = useMutation({
    mutationFn: async () => {
      const params = { path: { id: policy.id } };
      await (host ? bodyOf(api.PUT('/policies/{id}/golden-host', { params, body: { agent_id: host } })) : api.DELETE('/policies/{id}/golden-host', { params }));
    },
    onSuccess: () => notifyDone(t('common.saved')),
    onSettled: () => client.invalidateQueries({ queryKey: goldenHostQuery(policy.id).queryKey }),
  });
  return (
    <>
      <Group align="flex-end" gap="xs">
        <Select
          clearable
          searchable
          w={280}
          label={t('policies.goldenHost')}
          placeholder={t('policies.goldenNone')}
          value={host}
          onChange={setHost}
          searchValue={search}
          onSearchChange={setSearch}
          disabled={!canWrite}
          clearButtonProps={{ 'aria-label': t('policies.goldenNone') }}
          data={[...names].map(([value, label]) => ({ value, label }))}
        />
        <Button
          variant="default"
          disabled={!canWrite || host === golden.agent_id}
          title={canWrite ? undefined : t('action.noRight')}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          {t('policies.goldenApply')}
        </Button>
        {golden.named && (
          <Text size="sm" c="dimmed">
            {t('policies.goldenNamed', { who: nameOf(golden.named_by ?? ''), count: golden.changes })} · <Time value={golden.named} />
          </Text>
        )}
      </Group>
      {save.isError && <Problem error={save.error} />}
    </>
  );
}
