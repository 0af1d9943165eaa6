import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { ownPoliciesQuery } from '@/api/ownPolicies';
import type { OwnPolicy } from '@/api/types';
import { PolicyText } from '@/features/trust/PolicyText';
import { ownTextQuery } from '@/features/trust/queries';
import { isText } from '@/features/trust/writtenPolicies';
import { saveUrl } from '@/lib/download';
import { Hash } from '@/ui/Hash';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';
import { Time } from '@/ui/Time';

/** A policy to read; it can be acknowledged once its words are there, or its document was fetched. */
export function ReadDialog({ policy, close }: { policy: OwnPolicy; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { id, title, version, owner, sha256, state, acknowledged } = policy;
  const inPlace = isText(policy);
  const text = useQuery({ ...ownTextQuery(policy), enabled: inPlace });
  const [isFetched, setFetched] = useState(false);
  const acknowledge = useMutation({
    mutationFn: () => bodyOf(api.POST('/trust/own-policies/{id}/acknowledgements', { params: { path: { id }, header: idempotencyKey() }, body: { version } })),
    onSuccess: () => {
      notifyDone(t('ownPolicies.done', { title }));
      close();
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ownPoliciesQuery.queryKey }), client.invalidateQueries({ queryKey: ['trust', 'policies'] })]),
  });
  const fetchDocument = () => {
    saveUrl(`/api/v1/trust/own-policies/${id}/document`, `${title}.pdf`);
    setFetched(true);
  };
  const wasRead = inPlace ? text.isSuccess : isFetched;
  return (
    <Modal opened onClose={close} size="lg" title={t('writtenPolicies.versionOf', { title, number: version })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t('ownPolicies.answersFor', { owner })}
        </Text>
        {inPlace ? (
          <PolicyText label={title} query={text} />
        ) : (
          <Group>
            <Button size="xs" variant="default" leftSection={<IconDownload size={14} />} onClick={fetchDocument}>
              {t('ownPolicies.fetch')}
            </Button>
            <Text size="sm">{t('ownPolicies.fetchHelp')}</Text>
          </Group>
        )}
        <Group gap="xs">
          <Text size="sm">SHA-256</Text>
          <Hash value={sha256} of={title} />
        </Group>
        {acknowledge.isError && <Problem error={acknowledge.error} />}
        {state === 'complete' && acknowledged ? (
          <Alert color="green">
            {t('ownPolicies.acknowledgedOn')} <Time value={acknowledged} />
          </Alert>
        ) : (
          <Group justify="flex-end">
            <Button disabled={!wasRead} loading={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
              {t('ownPolicies.acknowledge', { number: version })}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}
