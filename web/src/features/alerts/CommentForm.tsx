import { Button, Group, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { Alert } from '@/api/types';
import { Problem } from '@/ui/Problem';

export function CommentForm({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canWork = useCan('alerts:work');
  const [text, setText] = useState('');
  const write = useMutation({
    mutationFn: () => bodyOf(api.POST('/alerts/{id}/comments', { params: { path: { id: alert.id } }, body: { text: text.trim() } })),
    onSuccess: () => setText(''),
    onSettled: () => client.invalidateQueries({ queryKey: ['alerts', 'comments', alert.id] }),
  });
  if (!canWork) return null;
  return (
    <>
      <Textarea label={t('alerts.comment')} autosize minRows={2} maxLength={10_000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {write.isError && <Problem error={write.error} />}
      <Group justify="flex-end">
        <Button size="xs" disabled={text.trim() === ''} loading={write.isPending} onClick={() => write.mutate()}>
          {t('alerts.write')}
        </Button>
      </Group>
    </>
  );
}
