import { Button, Group, Modal, Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '@/api/types';
import { sharedValueOf } from '@/features/fleet/assignment';
import { type AssetValue, AssetValueFields, isAssetValue } from '@/features/fleet/AssetValueFields';
import { patchAgent } from '@/features/fleet/patchAgent';
import type { Run } from '@/ui/useRun';

interface AssetValueDialogProps {
  agents: Agent[];
  run: Run;
  close: () => void;
}

/** How much the events of hosts matter. Where the hosts differ nothing is chosen. */
export function AssetValueDialog({ agents, run, close }: AssetValueDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const before = sharedValueOf(agents);
  const [value, setValue] = useState<AssetValue>(before);
  const [first] = agents;
  const title = agents.length === 1 && first ? t('fleet.assetValueTitle', { name: first.hostname }) : t('fleet.assetValueMany', { count: agents.length });
  const save = () => {
    if (!isAssetValue(value)) return;
    const saved = new Map<string, string>();
    void run({
      title,
      items: agents,
      nameOf: (agent) => agent.hostname,
      each: async (agent) => saved.set(agent.id, (await patchAgent(agent.id, agent.etag, { asset_value: value })).etag),
      undo: (agent) => patchAgent(agent.id, saved.get(agent.id) ?? '', { asset_value: agent.asset_value ?? null }),
      done: (count) => t('fleet.assetValueSet', { count }),
      settled: () => client.invalidateQueries({ queryKey: ['agents'] }),
    });
    close();
  };
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <AssetValueFields value={value} inherited={t('fleet.assetValueOfGroup')} change={setValue} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button disabled={!isAssetValue(value) || value === before} onClick={save}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
