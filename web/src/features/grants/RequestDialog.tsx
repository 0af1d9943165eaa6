import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { sessionQuery } from '@/api/queries';
import { builtInRoles } from '@/api/types';
import { useTenants } from '@/features/grants/queries';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const lengths = { h1: 3600, h4: 14_400, h24: 86_400, d7: 604_800 } as const;
type Length = keyof typeof lengths;

/** An operator asks for access to another tenant. */
export function RequestDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const own = useQuery(sessionQuery).data?.tenant.id;
  const tenants = useTenants().filter((tenant) => tenant.id !== own);
  const [tenant, setTenant] = useState<string | null>(null);
  const [role, setRole] = useState('auditor');
  const [length, setLength] = useState<Length>('h4');
  const [reason, setReason] = useState('');
  const request = useMutation({
    mutationFn: () => bodyOf(api.POST('/access-grants', { body: { tenant_id: tenant ?? '', role, reason: reason.trim(), expires_in_s: lengths[length] } })),
    onSuccess: () => {
      notifyDone(t('grants.requested'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['access-grants'] }),
  });
  return (
    <Modal opened onClose={close} title={t('grants.request')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Select label={t('nav.tenant')} required searchable nothingFoundMessage={t('tenants.none')} value={tenant} onChange={setTenant} data={tenants.map(({ id, name }) => ({ value: id, label: name }))} />
        <Select label={t('grants.role')} allowDeselect={false} value={role} onChange={(value) => setRole(value ?? 'auditor')} data={builtInRoles.map((each) => ({ value: each, label: t(`role.${each}`) }))} />
        <Select label={t('grants.length')} allowDeselect={false} value={length} onChange={(value) => setLength(value as Length)} data={Object.keys(lengths).map((each) => ({ value: each, label: t(`grants.lengths.${each as Length}`) }))} />
        <Textarea label={t('approvals.reason')} description={t('grants.reasonHint')} required maxLength={1000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <Text size="sm" c="dimmed">
          {t('grants.never')}
        </Text>
        {request.isError && <Problem error={request.error} />}
        <Group justify="flex-end">
          <Button disabled={!tenant || reason.trim() === ''} loading={request.isPending} onClick={() => request.mutate()}>
            {t('grants.request')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
