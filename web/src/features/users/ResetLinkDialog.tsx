import { Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ResetLink } from '@/api/types';
import { CopyText } from '@/ui/CopyText';

/** The link, shown once, for the administrator to hand over. */
export function ResetLinkDialog({ link, name, close }: { link: ResetLink; name: string; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={close} title={t('users.linkTitle', { name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('users.linkHelp')}</Text>
        <CopyText value={window.location.origin + link.path} label={t('users.link')} />
      </Stack>
    </Modal>
  );
}
