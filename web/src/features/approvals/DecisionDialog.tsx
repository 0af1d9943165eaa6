import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { Approval } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

interface DecisionDialogProps {
  approval: Approval;
  approve: boolean;
  close: () => void;
}

export function DecisionDialog({ approval, approve, close }: DecisionDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [comment, setComment] = useState('');
  const decide = useMutation({
    mutationFn: () =>
      bodyOf(
        api.POST('/approvals/{id}/decision', {
          params: { path: { id: approval.id } },
          body: { approve, ...(comment ? { comment } : {}) },
        }),
      ),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['approvals'] }),
  });
  const verb = approve ? t('approvals.approve') : t('approvals.reject');
  return (
    <Modal opened onClose={close} title={`${verb}: ${approval.action}`} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{approval.reason}</Text>
        <Textarea label={t('approvals.comment')} maxLength={2000} value={comment} onChange={(event) => setComment(event.currentTarget.value)} />
        {decide.isError && <Problem error={decide.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button {...(approve ? {} : { color: 'red.9' })} loading={decide.isPending} onClick={() => decide.mutate()}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
