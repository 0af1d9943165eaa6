import { Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { WrittenPolicy } from '@/api/types';
import { PolicyText } from '@/features/trust/PolicyText';
import { writtenTextQuery } from '@/features/trust/queries';
import { Hash } from '@/ui/Hash';

/** The newest version's text, for who looks after the policy or is to review it. */
export function WrittenTextDialog({ policy, close }: { policy: WrittenPolicy; close: () => void }) {
  const { t } = useTranslation();
  const { newest } = policy;
  const query = useQuery(writtenTextQuery(policy));
  return (
    <Modal opened onClose={close} size="lg" title={t('writtenPolicies.versionOf', { title: newest.title, number: newest.number })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <PolicyText label={newest.title} query={query} />
        <Group gap="xs">
          <Text size="sm">SHA-256</Text>
          <Hash value={newest.sha256} of={newest.title} />
        </Group>
      </Stack>
    </Modal>
  );
}
