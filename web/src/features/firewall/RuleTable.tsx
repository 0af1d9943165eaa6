import { Code, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { FirewallFinding, FirewallRule } from '@/api/types';
import { conditionsOf } from '@/features/firewall/rules';
import { addressOf } from '@/lib/address';
import { comparison } from '@/lib/filter';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { HrefLink } from '@/ui/HrefLink';
import { Empty, type Loadable } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { useWord } from '@/ui/words';

interface RuleTableProps {
  rules: FirewallRule[];
  findings: FirewallFinding[];
  query: Loadable;
}

export function RuleTable({ rules, findings, query }: RuleTableProps) {
  const { t } = useTranslation();
  const word = useWord();
  const columns = useMemo<Column<FirewallRule>[]>(
    () => [
      { id: 'place', header: t('firewall.place'), cell: ({ row }) => (row.original.in_force ? row.index + 1 : '–') },
      {
        id: 'rule',
        header: t('field.rule'),
        cell: ({ row }) => (
          <>
            <HrefLink href={addressOf('/events', { range: '7d', filter: comparison('rule', row.original.id) })}>{row.original.id}</HrefLink>
            {row.original.name && (
              <Text size="xs" c="dimmed">
                {row.original.name}
              </Text>
            )}
          </>
        ),
      },
      { id: 'direction', header: t('firewall.direction'), cell: ({ row }) => word('firewallWord', row.original.direction) },
      { id: 'priority', header: t('firewall.priority'), cell: ({ row }) => row.original.priority },
      { id: 'action', header: t('field.action'), cell: ({ row }) => word('firewallWord', row.original.action) },
      { id: 'what', header: t('firewall.conditions'), cell: ({ row }) => <Code style={{ overflowWrap: 'anywhere' }}>{conditionsOf(row.original)}</Code> },
      {
        id: 'state',
        header: t('fleet.state'),
        cell: ({ row }) => (
          <>
            <Dot color={row.original.in_force ? stateColor.good : stateColor.idle}>{t(row.original.in_force ? 'firewall.inForce' : 'firewall.notInForce')}</Dot>
            {findings
              .filter((each) => each.rule === row.original.id)
              .map((each) => (
                <Dot key={each.problem + each.text} color={stateColor.warn}>
                  {word('firewallWord', each.problem)}
                  {each.other && `: ${each.other}`}
                </Dot>
              ))}
          </>
        ),
      },
    ],
    [t, word, findings],
  );
  const general = findings.filter((each) => !rules.some((rule) => rule.id === each.rule));
  return (
    <>
      {general.map((each) => (
        <Text key={each.text} size="sm" mb="xs">
          <Dot color={stateColor.warn}>{each.text}</Dot>
        </Text>
      ))}
      <DataTable label={t('firewall.rules')} query={query} items={rules} columns={columns} rowId={(rule) => rule.id} empty={<Empty title={t('firewall.none')}>{t('firewall.noneHint')}</Empty>} />
    </>
  );
}
