import { Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from '@/features/policies/Policies.module.css';
import type { SettingChange } from '@/lib/diff';

export function ChangeTable({ changes }: { changes: SettingChange[] }) {
  const { t } = useTranslation();
  if (changes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t('policies.noChanges')}
      </Text>
    );
  }
  const textOf = (value: unknown) => {
    if (value === undefined) return t('policies.notSet');
    return Array.isArray(value) ? value.join('\n') : JSON.stringify(value);
  };
  return (
    <Table verticalSpacing={4} fz="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('policies.setting')}</Table.Th>
          <Table.Th scope="col">{t('policies.was')}</Table.Th>
          <Table.Th scope="col">{t('policies.is')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map((change) => (
          <Table.Tr key={`${change.section}.${change.key}`}>
            <Table.Td className={classes.value ?? ''}>
              {change.section}.{change.key}
            </Table.Td>
            <Table.Td className={`${classes.value} ${classes.was}`}>
              <del>{textOf(change.was)}</del>
            </Table.Td>
            <Table.Td className={classes.value ?? ''}>
              <ins>{textOf(change.is)}</ins>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
