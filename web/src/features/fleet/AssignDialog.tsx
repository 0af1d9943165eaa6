import { Button, Group, Modal, Select, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { groupsQuery, policiesQuery } from '@/api/queries';
import type { Agent } from '@/api/types';
import { type Assignment, changeOf, sharedOf, unchanged } from '@/features/fleet/assignment';
import { patchAgent } from '@/features/fleet/patchAgent';
import type { Run } from '@/ui/useRun';

const shown = (value: Assignment['group']) => (value === unchanged ? 'unchanged' : value);
const chosen = (value: string | null) => (value === 'unchanged' ? unchanged : value);

interface AssignDialogProps {
  agents: Agent[];
  run: Run;
  close: () => void;
}

/** Moves agents to a group or gives them a policy of their own. What they do not share stays as long as nothing is chosen. */
export function AssignDialog({ agents, run, close }: AssignDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const groups = useQuery(groupsQuery).data ?? [];
  const policies = useQuery(policiesQuery).data ?? [];
  const before = sharedOf(agents);
  const [after, setAfter] = useState<Assignment>(before);
  const [first] = agents;
  const title = agents.length === 1 && first ? t('fleet.assignTitle', { name: first.hostname }) : t('fleet.assignMany', { count: agents.length });
  const save = () => {
    const saved = new Map<string, string>();
    void run({
      title,
      items: agents,
      nameOf: (agent) => agent.hostname,
      each: async (agent) => saved.set(agent.id, (await patchAgent(agent.id, agent.etag, changeOf(before, after))).etag),
      undo: (agent) => patchAgent(agent.id, saved.get(agent.id) ?? '', { group_id: agent.group_id, policy_id: agent.policy_id }),
      done: (count) => t('fleet.assigned', { count }),
      settled: () => client.invalidateQueries({ queryKey: ['agents'] }),
    });
    close();
  };
  const choices = (value: string | null | undefined, things: { id: string; name: string }[]) => [
    ...(value === unchanged ? [{ value: 'unchanged', label: t('fleet.unchanged') }] : []),
    ...things.map((each) => ({ value: each.id, label: each.name })),
  ];
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Select clearable label={t('fleet.group')} value={shown(after.group)} onChange={(group) => setAfter({ ...after, group: chosen(group) })} data={choices(before.group, groups)} />
        <Select
          clearable
          label={t('fleet.policy')}
          description={t('fleet.policyHint')}
          value={shown(after.policy)}
          onChange={(policy) => setAfter({ ...after, policy: chosen(policy) })}
          data={choices(before.policy, policies)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button disabled={Object.keys(changeOf(before, after)).length === 0} onClick={save}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
