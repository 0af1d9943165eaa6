import { Kbd, Modal, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { usePreferences } from '@/lib/preferences';
import { useNewestOffer } from '@/ui/useOffer';

const keys = [
  ['Ctrl K', 'palette'],
  ['/', 'search'],
  ['j', 'next'],
  ['k', 'previous'],
  ['Enter', 'open'],
  ['x', 'select'],
  ['Esc', 'close'],
  ['?', 'help'],
] as const;

export default function Help({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const { singleKeys } = usePreferences();
  const offered = (useNewestOffer()?.actions ?? []).filter(({ action }) => action.key);
  return (
    <Modal opened onClose={close} title={t('help.title')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Table withRowBorders={false} verticalSpacing={4} aria-label={t('help.title')}>
        <Table.Tbody>
          {keys.map(([key, name]) => (
            <Table.Tr key={key}>
              <Table.Th scope="row" w={110}>
                <Kbd>{key}</Kbd>
              </Table.Th>
              <Table.Td>{t(`help.${name}`)}</Table.Td>
            </Table.Tr>
          ))}
          {offered.map(({ action }) => (
            <Table.Tr key={action.id}>
              <Table.Th scope="row">
                <Kbd>{action.key}</Kbd>
              </Table.Th>
              <Table.Td>{t(action.label)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed" mt="sm">
        {singleKeys ? t('help.switchOff') : t('help.areOff')}
      </Text>
    </Modal>
  );
}
