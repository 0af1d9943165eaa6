import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUrgent } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';

const DeclareDialog = lazy(() => import('@/ui/DeclareDialog'));

/** On every page, for anyone who may declare an incident. */
export function DeclareButton() {
  const { t } = useTranslation();
  const canDeclare = useCan('incidents:declare');
  const [isOpen, dialog] = useDisclosure();
  return (
    <>
      <Button size="xs" color="red.9" leftSection={<IconUrgent size={14} />} disabled={!canDeclare} title={canDeclare ? undefined : t('action.noRight')} onClick={dialog.open} aria-label={t('declare.title')}>
        {t('declare.short')}
      </Button>
      <Suspense>{isOpen && <DeclareDialog close={dialog.close} />}</Suspense>
    </>
  );
}
