import { Button, Group, Modal, MultiSelect, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { Rota } from '@/api/types';
import { emptyLevel, levelsOf, membersOf, rotaLevels } from '@/features/oncall/rotaForm';
import { useChannels } from '@/features/oncall/useChannels';
import { usePeople } from '@/features/oncall/usePeople';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const mostLevels = 8;

/** The levels of a rota: who takes turns in which order, and how long each level has to acknowledge. */
export function RotaDialog({ rota, close }: { rota: Rota | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { users } = usePeople();
  const { channels } = useChannels();
  const [name, setName] = useState(rota?.name ?? '');
  const [channel, setChannel] = useState<string | null>(rota?.channel ?? null);
  const [zone, setZone] = useState(rota?.time_zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [handover, setHandover] = useState(rota?.handover ?? '09:00');
  const [levels, setLevels] = useState(() => levelsOf(rota));
  const setLevel = (index: number, part: Partial<(typeof levels)[number]>) => setLevels((before) => before.map((each, at) => (at === index ? { ...each, ...part } : each)));
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), channel: channel ?? '', time_zone: zone, handover, members: membersOf(rota, levels), levels: rotaLevels(levels) };
      if (rota) return bodyOf(api.PATCH('/rotas/{id}', { params: { path: { id: rota.id }, header: ifMatch(rota.etag) }, body }));
      return bodyOf(api.POST('/rotas', { body }));
    },
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['rotas'] }),
  });
  const isWhole = name.trim() !== '' && channel !== null && levels.every((each) => each.order.length > 0);
  return (
    <Modal opened onClose={close} size="lg" title={rota ? t('destinations.editTitle', { name: rota.name }) : t('rotas.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <TextInput label={t('common.name')} required maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label={t('rotas.channel')} required value={channel} onChange={setChannel} nothingFoundMessage={t('channels.none')} data={channels.map(({ id, name: label }) => ({ value: id, label }))} />
        <Group grow>
          <TextInput label={t('rotas.zone')} required maxLength={64} value={zone} onChange={(event) => setZone(event.currentTarget.value)} />
          <TextInput label={t('rotas.time')} required maxLength={5} value={handover} onChange={(event) => setHandover(event.currentTarget.value)} />
        </Group>
        {levels.map((level, index) => (
          // Levels have no other name than their place.
          // oxlint-disable-next-line react/no-array-index-key
          <Group key={index} align="start" grow preventGrowOverflow={false}>
            <MultiSelect label={t('rotas.people', { level: index + 1 })} required searchable value={level.order} onChange={(order) => setLevel(index, { order })} data={users.map(({ id, username }) => ({ value: id, label: username }))} />
            <NumberInput label={t('rotas.days')} min={1} max={366} allowDecimal={false} value={level.days} onChange={(value) => typeof value === 'number' && setLevel(index, { days: value })} />
            <NumberInput label={t('rotas.waitMinutes')} min={1} max={1440} allowDecimal={false} value={level.minutes} onChange={(value) => typeof value === 'number' && setLevel(index, { minutes: value })} />
          </Group>
        ))}
        <Group>
          <Button size="xs" variant="default" disabled={levels.length >= mostLevels} onClick={() => setLevels((before) => [...before, emptyLevel])}>
            {t('rotas.addLevel')}
          </Button>
          <Button size="xs" variant="default" disabled={levels.length < 2} onClick={() => setLevels((before) => before.slice(0, -1))}>
            {t('rotas.removeLevel')}
          </Button>
        </Group>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={!isWhole} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
