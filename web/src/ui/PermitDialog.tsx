import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { approvalsQuery, sessionQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Approval } from '@/api/types';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

/** What takes a second person: the names that the approval has, and what is done with it. */
export interface Permitted {
  action: string;
  object: string;
  button: string;
  run: (approvalId: string) => Promise<unknown>;
}

interface PermitDialogProps extends Permitted {
  title: string;
  children: ReactNode;
  close: () => void;
}

/** One person asks, another agrees on the page of approvals, the first one goes on here. */
export function PermitDialog({ title, children, close, ...permitted }: PermitDialogProps) {
  const { t } = useTranslation();
  const me = useQuery(sessionQuery).data?.user.id;
  // Kept here: a permit is used up by trying, and with it goes what showed it.
  const [failure, setFailure] = useState<unknown>();
  const query = useInfiniteQuery({ ...approvalsQuery, refetchInterval: 5_000 });
  const own = query.data?.pages.flatMap((page) => page.items).filter((each) => each.action === permitted.action && each.object === permitted.object && each.requester === me) ?? [];
  const permit = own.find((each) => each.state === 'approved') ?? own.find((each) => each.state === 'pending');
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        {children}
        {failure !== undefined && <Problem error={failure} />}
        <Gate query={query}>{permit ? <Permit permit={permit} close={close} fail={setFailure} {...permitted} /> : <Ask {...permitted} />}</Gate>
      </Stack>
    </Modal>
  );
}

function Ask({ action, object }: Permitted) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayAsk = useCan('approvals:request');
  const [reason, setReason] = useState('');
  const ask = useMutation({
    mutationFn: () => bodyOf(api.POST('/approvals', { body: { action, object, reason: reason.trim() } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['approvals'] }),
  });
  return (
    <>
      <Textarea label={t('approvals.reason')} required maxLength={2000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      {ask.isError && <Problem error={ask.error} />}
      <Group justify="flex-end">
        <Button disabled={!mayAsk || reason.trim() === ''} title={mayAsk ? undefined : t('action.noRight')} loading={ask.isPending} onClick={() => ask.mutate()}>
          {t('permit.ask')}
        </Button>
      </Group>
    </>
  );
}

function Permit({ permit, run, button, close, fail }: Permitted & { permit: Approval; close: () => void; fail: (error: unknown) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const isApproved = permit.state === 'approved';
  const go = useMutation({ mutationFn: () => run(permit.id), onMutate: () => fail(undefined), onSuccess: close, onError: fail, onSettled: () => client.invalidateQueries({ queryKey: ['approvals'] }) });
  return (
    <>
      <Alert role="status" variant="outline" color={isApproved ? 'green' : 'yellow'} title={t(isApproved ? 'permit.agreed' : 'permit.waiting')}>
        <Text size="sm">
          {t('approvals.reason')}: {permit.reason}
        </Text>
        <Text size="sm">
          {t('fleet.expires')}: <Time value={permit.expires} />
        </Text>
      </Alert>
      <Group justify="flex-end">
        <Button color="red.9" disabled={!isApproved} loading={go.isPending} onClick={() => go.mutate()}>
          {button}
        </Button>
      </Group>
    </>
  );
}
