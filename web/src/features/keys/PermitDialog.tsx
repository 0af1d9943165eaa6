import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { approvalsQuery, sessionQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Approval } from '@/api/types';
import { objectOf, type Rotation } from '@/features/keys/levels';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

/** The root key and tenants' keys: one custodian asks, another agrees, the first one rotates. */
export function PermitDialog({ rotation, close }: { rotation: Rotation; close: () => void }) {
  const { t } = useTranslation();
  const me = useQuery(sessionQuery).data?.user.id;
  const query = useInfiniteQuery({ ...approvalsQuery, refetchInterval: 5_000 });
  const object = objectOf(rotation);
  const own = query.data?.pages.flatMap((page) => page.items).filter((each) => each.action === 'keys.rotate' && each.object === object && each.requester === me) ?? [];
  const permit = own.find((each) => each.state === 'approved') ?? own.find((each) => each.state === 'pending');
  return (
    <Modal opened onClose={close} title={t('keys.permitTitle', { object })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t(rotation.level === 'root' ? 'keys.rootHelp' : 'keys.tenantHelp')}</Text>
        <Text size="sm" c="dimmed">
          {t('keys.custodians')}
        </Text>
        <Gate query={query}>{permit ? <Permit permit={permit} rotation={rotation} close={close} /> : <Ask object={object} />}</Gate>
      </Stack>
    </Modal>
  );
}

function Ask({ object }: { object: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayAsk = useCan('approvals:request');
  const [reason, setReason] = useState('');
  const ask = useMutation({
    mutationFn: () => bodyOf(api.POST('/approvals', { body: { action: 'keys.rotate', object, reason: reason.trim() } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['approvals'] }),
  });
  return (
    <>
      <Textarea label={t('approvals.reason')} required maxLength={2000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      {ask.isError && <Problem error={ask.error} />}
      <Group justify="flex-end">
        <Button disabled={!mayAsk || reason.trim() === ''} title={mayAsk ? undefined : t('action.noRight')} loading={ask.isPending} onClick={() => ask.mutate()}>
          {t('keys.ask')}
        </Button>
      </Group>
    </>
  );
}

function Permit({ permit, rotation, close }: { permit: Approval; rotation: Rotation; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const isApproved = permit.state === 'approved';
  const rotate = useMutation({
    mutationFn: () => bodyOf(api.POST('/keys/rotations', { params: { header: idempotencyKey() }, body: { ...rotation, approval_id: permit.id } })),
    onSuccess: async () => {
      notifyDone(t('keys.done'));
      close();
      await client.invalidateQueries({ queryKey: ['keys'] });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['approvals'] }),
  });
  return (
    <>
      <Alert role="status" variant="outline" color={isApproved ? 'green' : 'yellow'} title={t(isApproved ? 'keys.agreed' : 'keys.waiting')}>
        <Text size="sm">
          {t('approvals.reason')}: {permit.reason}
        </Text>
        <Text size="sm">
          {t('fleet.expires')}: <Time value={permit.expires} />
        </Text>
      </Alert>
      {rotate.isError && <Problem error={rotate.error} />}
      <Group justify="flex-end">
        <Button color="red.9" disabled={!isApproved} loading={rotate.isPending} onClick={() => rotate.mutate()}>
          {t('keys.rotateNow')}
        </Button>
      </Group>
    </>
  );
}
