import { Alert, Button, Group, Modal, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { DocumentRequest } from '@/api/types';
import { mailChannelsQuery } from '@/features/trust/queries';
import { CopyText } from '@/ui/CopyText';
import { Problem } from '@/ui/Problem';

/** For how long and how often; then whether the link was mailed, or the link itself, which is shown this once. */
export function ApproveDialog({ request, close }: { request: DocumentRequest; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [days, setDays] = useState(7);
  const [downloads, setDownloads] = useState(3);
  const [channel, setChannel] = useState<string | null>(null);
  const canSee = useCan('notices:read');
  const channels = useInfiniteQuery({ ...mailChannelsQuery, enabled: canSee }).data?.pages.flatMap((page) => page.items) ?? [];
  const approve = useMutation({
    mutationFn: () => bodyOf(api.POST('/trust/requests/{id}/approve', { params: { path: { id: request.id } }, body: channel ? { days, downloads, channel } : { days, downloads } })),
    onSettled: () => client.invalidateQueries({ queryKey: ['trust'] }),
  });
  const done = approve.data;
  return (
    <Modal opened onClose={close} title={t('documents.approveTitle', { number: request.number })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('documents.approveHelp', { name: request.name, title: request.title })}</Text>
        {done ? (
          <>
            <Alert color={done.link ? 'yellow' : 'green'}>{done.link ? t('documents.notMailed', { problem: done.problem ?? '' }) : t('documents.mailed', { channel: done.channel ?? '' })}</Alert>
            {done.link && <CopyText value={done.link} label={t('documents.link')} />}
            <Group justify="flex-end">
              <Button onClick={close}>{t('common.close')}</Button>
            </Group>
          </>
        ) : (
          <>
            <Group grow>
              <NumberInput label={t('documents.days')} min={1} max={30} clampBehavior="strict" allowDecimal={false} value={days} onChange={(value) => typeof value === 'number' && setDays(value)} />
              <NumberInput label={t('documents.copies')} min={1} max={10} clampBehavior="strict" allowDecimal={false} value={downloads} onChange={(value) => typeof value === 'number' && setDownloads(value)} />
            </Group>
            {canSee && (
              <Select
                label={t('documents.channel')}
                clearable
                placeholder={t('documents.firstChannel')}
                value={channel}
                onChange={setChannel}
                data={channels.filter((each) => each.kind === 'mail' && each.enabled).map((each) => ({ value: each.id, label: each.name }))}
              />
            )}
            {approve.isError && <Problem error={approve.error} />}
            <Group justify="flex-end">
              <Button loading={approve.isPending} onClick={() => approve.mutate()}>
                {t('documents.approve')}
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  );
}
