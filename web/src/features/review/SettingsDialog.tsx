import { Button, Group, Modal, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { reviewSettingsQuery } from '@/features/review/queries';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';

interface Settings {
  time_zone: string;
  deadline_hours: number;
}

/** Where days begin, and how long people have to review one. */
export function SettingsDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const query = useQuery(reviewSettingsQuery);
  return (
    <Modal opened onClose={close} title={t('review.settings')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Gate query={query}>{query.data && <Form saved={query.data} close={close} />}</Gate>
    </Modal>
  );
}

function Form({ saved, close }: { saved: Settings; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [settings, setSettings] = useState(saved);
  const save = useMutation({
    mutationFn: () => bodyOf(api.PUT('/review-settings', { body: settings })),
    onSuccess: async () => {
      notifyDone(t('common.saved'));
      await client.invalidateQueries({ queryKey: ['review-settings'] });
      close();
    },
  });
  const zones = [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', saved.time_zone])];
  return (
    <Stack>
      <Text size="sm">{t('review.settingsHelp')}</Text>
      <Select label={t('review.zone')} searchable allowDeselect={false} limit={100} value={settings.time_zone} onChange={(zone) => zone && setSettings({ ...settings, time_zone: zone })} data={zones} />
      <NumberInput label={t('review.hours')} min={1} max={168} allowDecimal={false} value={settings.deadline_hours} onChange={(hours) => setSettings({ ...settings, deadline_hours: Number(hours) })} />
      {save.isError && <Problem error={save.error} />}
      <Group justify="flex-end">
        <Button disabled={settings.deadline_hours < 1 || settings.deadline_hours > 168} loading={save.isPending} onClick={() => save.mutate()}>
          {t('common.save')}
        </Button>
      </Group>
    </Stack>
  );
}
