import { Button, Group, Modal, Select, Stack } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { groupsQuery, policiesQuery } from '@/api/queries';
import type { Agent } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

/** Moves an agent to a group or gives it a policy of its own. */
export function AssignDialog({ agent, close }: { agent: Agent; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const groups = useQuery(groupsQuery).data ?? [];
  const policies = useQuery(policiesQuery).data ?? [];
  const [group, setGroup] = useState(agent.group_id);
  const [policy, setPolicy] = useState(agent.policy_id);
  const save = useMutation({
    mutationFn: () =>
      bodyOf(
        api.PATCH('/agents/{id}', {
          params: { path: { id: agent.id }, header: ifMatch(agent.etag) },
          body: {
            ...(group === agent.group_id ? {} : { group_id: group }),
            ...(policy === agent.policy_id ? {} : { policy_id: policy }),
          },
        }),
      ),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['agents'] }),
  });
  return (
    <Modal opened onClose={close} title={t('fleet.assignTitle', { name: agent.hostname })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Select clearable label={t('fleet.group')} value={group} onChange={setGroup} data={groups.map((each) => ({ value: each.id, label: each.name }))} />
        <Select
          clearable
          label={t('fleet.policy')}
          description={t('fleet.policyHint')}
          value={policy}
          onChange={setPolicy}
          data={policies.map((each) => ({ value: each.id, label: each.name }))}
        />
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
