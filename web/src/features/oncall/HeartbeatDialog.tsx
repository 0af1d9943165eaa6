import { Button, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { AlertHeartbeat } from '@/api/types';
import { useChannels } from '@/features/oncall/useChannels';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const shortest = 10;
const longest = 604_800;

/** Through which channel a sign of life is sent, and how often. */
export function HeartbeatDialog({ heartbeat, close }: { heartbeat: AlertHeartbeat | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { channels } = useChannels();
  const [name, setName] = useState(heartbeat?.name ?? '');
  const [channel, setChannel] = useState<string | null>(heartbeat?.channel ?? null);
  const [interval, setInterval] = useState(heartbeat?.interval_s ?? 300);
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), channel: channel ?? '', interval_s: interval };
      if (heartbeat) return bodyOf(api.PATCH('/alert-heartbeats/{id}', { params: { path: { id: heartbeat.id }, header: ifMatch(heartbeat.etag) }, body }));
      return bodyOf(api.POST('/alert-heartbeats', { body }));
    },
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['alert-heartbeats'] }),
  });
  return (
    <Modal opened onClose={close} title={heartbeat ? t('destinations.editTitle', { name: heartbeat.name }) : t('heartbeats.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <TextInput label={t('common.name')} required maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label={t('heartbeats.channel')} required value={channel} onChange={setChannel} nothingFoundMessage={t('channels.none')} data={channels.map(({ id, name: label }) => ({ value: id, label }))} />
        <NumberInput label={t('heartbeats.seconds')} required min={shortest} max={longest} allowDecimal={false} value={interval} onChange={(value) => typeof value === 'number' && setInterval(value)} />
        <Text size="sm" c="dimmed">
          {t('heartbeats.help')}
        </Text>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={name.trim() === '' || channel === null || interval < shortest || interval > longest} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
