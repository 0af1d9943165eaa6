import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { GrantAct } from '@/features/grants/useGrantActions';
import { useTenantNames } from '@/features/grants/queries';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';
import { Time } from '@/ui/Time';
import { useRoleName } from '@/ui/useRoleName';

/** Agreeing, refusing, ending: after it was read what the grant allows. */
export function GrantDialog({ kind, grant, close }: GrantAct & { close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const tenantName = useTenantNames();
  const roleName = useRoleName();
  const [words, setWords] = useState('');
  const act = useMutation({
    mutationFn: () => {
      const params = { path: { id: grant.id } };
      const comment = words.trim();
      if (kind === 'end') return bodyOf(api.POST('/access-grants/{id}/end', { params, body: { reason: comment } }));
      return bodyOf(api.POST('/access-grants/{id}/decision', { params, body: { agree: kind === 'agree', ...(comment ? { comment } : {}) } }));
    },
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['access-grants'] }),
  });
  return (
    <Modal opened onClose={close} title={t(`grants.${kind}Title`, { name: grant.operator_name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">
          {t('grants.allows', { name: grant.operator_name, tenant: tenantName(grant.tenant_id), role: roleName(grant.role) })} <Time value={grant.expires} />
        </Text>
        <Text size="sm" c="dimmed">
          {t('grants.never')}
        </Text>
        <Text size="sm">
          {t('approvals.reason')}: {grant.reason}
        </Text>
        <Textarea label={t(kind === 'end' ? 'approvals.reason' : 'approvals.comment')} required={kind === 'end'} maxLength={1000} value={words} onChange={(event) => setWords(event.currentTarget.value)} />
        {act.isError && <Problem error={act.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button {...(kind === 'agree' ? {} : { color: 'red.9' })} disabled={kind === 'end' && words.trim() === ''} loading={act.isPending} onClick={() => act.mutate()}>
            {t(`grants.${kind}`)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
