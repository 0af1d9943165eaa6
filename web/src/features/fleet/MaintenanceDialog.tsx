import { Button, Modal, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { Agent } from '@/api/types';
import { CopyText } from '@/ui/CopyText';
import { Problem } from '@/ui/Problem';
import { Time } from '@/ui/Time';

/** A token with which this one agent may be stopped or uninstalled for a while. */
export function MaintenanceDialog({ agent, close }: { agent: Agent; close: () => void }) {
  const { t } = useTranslation();
  const make = useMutation({
    mutationFn: () => bodyOf(api.POST('/agents/{id}/maintenance-token', { params: { path: { id: agent.id } } })),
  });
  return (
    <Modal opened onClose={close} size="lg" title={t('fleet.maintenanceTitle', { name: agent.hostname })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('fleet.maintenanceBody')}</Text>
        {make.isError && <Problem error={make.error} />}
        {make.data ? (
          <>
            <CopyText label={t('fleet.maintenance')} value={make.data.token} />
            <Text size="sm" c="dimmed">
              {t('fleet.validUntil')} <Time value={make.data.expires} />
            </Text>
          </>
        ) : (
          <Button loading={make.isPending} onClick={() => make.mutate()}>
            {t('fleet.makeToken')}
          </Button>
        )}
      </Stack>
    </Modal>
  );
}
