import { Button, Group, Modal, Select, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { Rota } from '@/api/types';
import { usePeople } from '@/features/oncall/usePeople';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const hour = 3_600_000;
const lengths = { h4: 4 * hour, d1: 24 * hour, d7: 168 * hour } as const;
type Length = keyof typeof lengths;

/** Somebody takes a level over from now on, for a while. */
export function StandInDialog({ rota, close }: { rota: Rota; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { nameOf } = usePeople();
  const [user, setUser] = useState<string | null>(null);
  const [level, setLevel] = useState('0');
  const [length, setLength] = useState<Length>('d1');
  const save = useMutation({
    mutationFn: () => {
      const now = Date.now();
      return bodyOf(api.POST('/rotas/{id}/overrides', { params: { path: { id: rota.id } }, body: { user: user ?? '', level: Number(level), from: new Date(now).toISOString(), until: new Date(now + lengths[length]).toISOString() } }));
    },
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['rotas'] }),
  });
  return (
    <Modal opened onClose={close} title={t('rotas.standInTitle', { name: rota.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Select label={t('rotas.who')} required value={user} onChange={setUser} data={rota.members.map((each) => ({ value: each.user, label: nameOf(each.user) }))} />
        <Select label={t('rotas.level')} allowDeselect={false} value={level} onChange={(value) => setLevel(value ?? '0')} data={rota.levels.map((_, index) => ({ value: String(index), label: String(index + 1) }))} />
        <Select label={t('silences.length')} allowDeselect={false} value={length} onChange={(value) => setLength(value as Length)} data={Object.keys(lengths).map((each) => ({ value: each, label: t(`silences.lengths.${each as Length}`) }))} />
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={!user} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
