import { Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ModuleState } from '@/api/types';
import { ModuleBadge } from '@/features/fleet/badges';
import classes from '@/features/fleet/Fleet.module.css';
import { Empty } from '@/ui/States';
import { useWord } from '@/ui/words';

export function ModuleTable({ modules }: { modules: ModuleState[] }) {
  const { t, i18n } = useTranslation();
  const word = useWord();
  if (modules.length === 0) return <Empty title={t('fleet.noModules')} />;
  return (
    <Table verticalSpacing={5} fz="sm" aria-label={t('fleet.modules')}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col" className={classes.narrow ?? ''}>{t('field.module')}</Table.Th>
          <Table.Th scope="col">{t('fleet.state')}</Table.Th>
          <Table.Th scope="col">{t('fleet.counters')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {modules.map((module) => (
          <Table.Tr key={module.module}>
            <Table.Td className={classes.narrow ?? ''}>{word('module', module.module)}</Table.Td>
            <Table.Td className={classes.narrow ?? ''}>
              <ModuleBadge module={module} isNamed={false} />
              {module.reason && (
                <Text size="xs" c="dimmed" className={classes.reason ?? ''}>
                  {module.reason}
                </Text>
              )}
            </Table.Td>
            <Table.Td>
              <Text size="xs" ff="monospace" className={classes.counters ?? ''}>
                {Object.entries(module.counters)
                  .map(([name, count]) => `${name} ${count.toLocaleString(i18n.language)}`)
                  .join(' · ')}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
