import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { OperatedTenant } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

export type StatusChange = 'suspended' | 'deleting' | 'active';

interface StatusDialogProps {
  tenant: OperatedTenant;
  status: StatusChange;
  close: () => void;
}

/** Suspending, deleting and resuming: each with a reason that the tenant's audit log keeps; deleting wants the name typed. */
export function StatusDialog({ tenant, status, close }: StatusDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const change = useMutation({
    mutationFn: () => bodyOf(api.POST('/tenants/{id}/status', { params: { path: { id: tenant.id } }, body: { status, ...(reason.trim() ? { reason: reason.trim() } : {}) } })),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['tenants'] }),
  });
  const isDeletion = status === 'deleting';
  const isReady = status === 'active' || (reason.trim() !== '' && (!isDeletion || typed === tenant.name));
  return (
    <Modal opened onClose={close} title={t(`tenants.change.${status}Title`, { name: tenant.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t(`tenants.change.${status}Help`)}</Text>
        <Textarea label={t('approvals.reason')} required={status !== 'active'} maxLength={1000} data-autofocus value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        {isDeletion && <TextInput label={t('tenants.typeName', { name: tenant.name })} required autoComplete="off" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />}
        {change.isError && <Problem error={change.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button {...(status === 'active' ? {} : { color: 'red.9' })} disabled={!isReady} loading={change.isPending} onClick={() => change.mutate()}>
            {t(`tenants.change.${status}`)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
