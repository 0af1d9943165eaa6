import { Button, Group, Modal, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { Alert } from '@/api/types';
import { RuleSelect } from '@/features/alerts/RuleSelect';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const hour = 3_600_000;
const lengths = { h1: hour, h4: 4 * hour, d1: 24 * hour, d7: 168 * hour } as const;
type Length = keyof typeof lengths;

/** Keeps alerts quiet for a while: those like `alert`, or those of a rule. */
export function SilenceDialog({ alert, close }: { alert?: Alert | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState(alert?.title.slice(0, 200) ?? '');
  const [rule, setRule] = useState(alert?.rule ?? '');
  const [length, setLength] = useState<Length>('h4');
  const [reason, setReason] = useState('');
  const save = useMutation({
    mutationFn: () =>
      bodyOf(
        api.POST('/alert-silences', {
          body: { name: name.trim(), reason: reason.trim(), until: new Date(Date.now() + lengths[length]).toISOString(), ...(rule ? { rule } : {}), ...(alert ? { group: alert.group } : {}) },
        }),
      ),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ['alert-silences'] }), client.invalidateQueries({ queryKey: ['alerts'] })]),
  });
  const about = Object.entries(alert?.group ?? {});
  return (
    <Modal opened onClose={close} title={t('silences.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <TextInput label={t('common.name')} required maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        {alert ? (
          <Text size="sm">
            {t('silences.only', { rule: alert.rule })} {about.map(([key, value]) => `${key} = ${value}`).join(', ')}
          </Text>
        ) : (
          <RuleSelect value={rule} choose={setRule} />
        )}
        <Select label={t('silences.length')} allowDeselect={false} value={length} onChange={(value) => setLength(value as Length)} data={Object.keys(lengths).map((each) => ({ value: each, label: t(`silences.lengths.${each as Length}`) }))} />
        <Textarea label={t('silences.reason')} required maxLength={1000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <Text size="sm" c="dimmed">
          {t('silences.help')}
        </Text>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={name.trim() === '' || reason.trim() === ''} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
