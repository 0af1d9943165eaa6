import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { objectOf, type Rotation } from '@/features/keys/levels';
import { notifyDone } from '@/ui/notify';
import { PermitDialog as Permit } from '@/ui/PermitDialog';

/** The root key and tenants' keys: one custodian asks, another agrees, the first one rotates. */
export function PermitDialog({ rotation, close }: { rotation: Rotation; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const object = objectOf(rotation);
  const rotate = async (approval: string) => {
    await bodyOf(api.POST('/keys/rotations', { params: { header: idempotencyKey() }, body: { ...rotation, approval_id: approval } }));
    notifyDone(t('keys.done'));
    await client.invalidateQueries({ queryKey: ['keys'] });
  };
  return (
    <Permit title={t('keys.permitTitle', { object })} action="keys.rotate" object={object} button={t('keys.rotateNow')} run={rotate} close={close}>
      <Text size="sm">{t(rotation.level === 'root' ? 'keys.rootHelp' : 'keys.tenantHelp')}</Text>
      <Text size="sm" c="dimmed">
        {t('keys.custodians')}
      </Text>
    </Permit>
  );
}
