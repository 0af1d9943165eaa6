import { Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Rota } from '@/api/types';
import { usePeople } from '@/features/oncall/usePeople';
import { Ago, Time } from '@/ui/Time';

/** A line a level: who is called, who after that, and the hand-over. */
export function OnCallTable({ rota }: { rota: Rota }) {
  const { t } = useTranslation();
  const { nameOf } = usePeople();
  return (
    <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': rota.name, role: 'group' } }}>
      <Table verticalSpacing={6} aria-label={t('rotas.onCallOf', { name: rota.name })}>
        <Table.Thead>
          <Table.Tr>
            {(['rotas.level', 'rotas.onCall', 'rotas.since', 'rotas.next', 'rotas.order', 'rotas.wait'] as const).map((each) => (
              <Table.Th key={each} scope="col">
                {t(each)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rota.levels.map((level, index) => {
            const turn = rota.on_call[index];
            return (
              // Levels have no other name than their place.
              // oxlint-disable-next-line react/no-array-index-key
              <Table.Tr key={index}>
                <Table.Td>{index + 1}</Table.Td>
                <Table.Td fw={600}>{turn ? nameOf(turn.user) : '–'}</Table.Td>
                <Table.Td>{turn ? <Ago value={turn.from} /> : '–'}</Table.Td>
                <Table.Td>{turn ? <Time value={turn.until} /> : '–'}</Table.Td>
                <Table.Td>{level.order.map(nameOf).join(' → ')}</Table.Td>
                <Table.Td>{t('rotas.minutes', { count: Math.round((level.wait_s ?? 900) / 60) })}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
