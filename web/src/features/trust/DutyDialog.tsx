import { Button, Group, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { Duty } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

type Field = 'owner' | 'deputy' | 'reviewer';

/** Whose a duty is: who answers for it, who stands in, who alone looks at its evidence, and how often that must come. */
export function DutyDialog({ duty, close }: { duty: Duty; close: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [people, setPeople] = useState<Record<Field, string>>({ owner: duty.owner, deputy: duty.deputy, reviewer: duty.reviewer });
  const [days, setDays] = useState(duty.cadence_days);
  const text = (name: Field) => ({ label: t(name === 'reviewer' ? 'duties.reviewer' : `evidence.${name}`), maxLength: 200, value: people[name], onChange: (event: { currentTarget: { value: string } }) => setPeople({ ...people, [name]: event.currentTarget.value }) });
  const save = useMutation({
    mutationFn: () => {
      const body = { owner: people.owner.trim(), deputy: people.deputy.trim(), reviewer: people.reviewer.trim(), cadence_days: days };
      return bodyOf(api.PUT('/trust/duties/{commitment}', { params: { path: { commitment: duty.commitment }, header: ifMatch(duty.etag) }, body }));
    },
    onSuccess: () => {
      notifyDone(t('duties.assigned'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['trust'] }),
  });
  const isComplete = people.owner.trim() !== '' && people.reviewer.trim() !== '';
  return (
    <Modal opened onClose={close} title={t('duties.assignTitle', { name: duty.commitment })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{duty.text[i18n.language === 'ja' ? 'ja' : 'en']}</Text>
        <Group grow>
          <TextInput required {...text('owner')} />
          <TextInput {...text('deputy')} />
        </Group>
        <TextInput required {...text('reviewer')} />
        <NumberInput label={t('duties.everyDays')} min={1} max={duty.longest_days} clampBehavior="strict" allowDecimal={false} value={days} onChange={(value) => typeof value === 'number' && setDays(value)} />
        <Text size="sm" c="dimmed">
          {t('duties.help')}
        </Text>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={!isComplete} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
