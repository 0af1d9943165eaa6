import { Button, Group, Modal, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { OperatedTenant } from '@/api/types';
import { LimitFields, type Partition } from '@/features/tenants/LimitFields';
import { limitsOf, textsOf, wrongLimits } from '@/features/tenants/limits';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

export function LimitsDialog({ tenant, close }: { tenant: OperatedTenant; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [limits, setLimits] = useState(textsOf(tenant.limits));
  const [partition, setPartition] = useState<Partition>(tenant.event_partition);
  const save = useMutation({
    mutationFn: () => bodyOf(api.PATCH('/tenants/{id}', { params: { path: { id: tenant.id } }, body: { limits: limitsOf(limits), event_partition: partition } })),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['tenants'] }),
  });
  return (
    <Modal opened onClose={close} title={t('tenants.limitsTitle', { name: tenant.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <LimitFields limits={limits} partition={partition} change={(next, size) => { setLimits(next); setPartition(size); }} />
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button disabled={wrongLimits(limits).length > 0} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
