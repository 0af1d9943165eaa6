import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { SubjectRequest } from '@/api/types';
import type { Step } from '@/features/privacy/useSubjectActions';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

/** A step of a person's request, with what was done or what the person was told. */
export function StepDialog({ request, step, close }: { request: SubjectRequest; step: Step; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const save = useMutation({
    mutationFn: () => bodyOf(api.POST('/subject-requests/{id}/steps', { params: { path: { id: request.id } }, body: { step, note: note.trim() } })),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['subject-requests'] }),
  });
  return (
    <Modal opened onClose={close} title={t(`subjects.steps.${step}`)} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{request.person}</Text>
        <Textarea label={t('subjects.note')} description={t(`subjects.noteHelp.${step}`)} required autosize minRows={3} maxLength={4000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={note.trim() === ''} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
