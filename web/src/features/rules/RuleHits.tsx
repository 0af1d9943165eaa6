import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { hitsOf, ruleHitsQuery } from '@/api/rules';
import type { RuleDetail } from '@/api/types';
import { addressOf } from '@/lib/address';
import { comparison } from '@/lib/filter';
import { rangeMs } from '@/lib/time';
import { Facts } from '@/ui/Facts';
import { HrefLink } from '@/ui/HrefLink';
import { Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

/** Where a rule matched in the last 30 days, as far as events are kept and seen. */
export function RuleHits({ rule }: { rule: RuleDetail }) {
  const { t, i18n } = useTranslation();
  const [from] = useState(() => new Date(Date.now() - rangeMs('30d')).toISOString());
  const query = useQuery(ruleHitsQuery(rule.module, rule.id, from));
  const groups = query.data ?? [];
  const filter = hitsOf(rule.module, rule.id);
  return (
    <Facts title={t('rules.hits')}>
      <Gate query={query}>
        {groups.length === 0 ? (
          <Text size="sm">{t('rules.noHits')}</Text>
        ) : (
          <Table fz="sm" verticalSpacing={4} aria-label={t('rules.hits')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('field.host')}</Table.Th>
                <Table.Th scope="col">{t('nav.events')}</Table.Th>
                <Table.Th scope="col">{t('rules.last')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {groups.map(({ values: [host], count, last }) => (
                <Table.Tr key={String(host)}>
                  <Table.Td>
                    <HrefLink href={addressOf('/events', { range: '30d', filter: `${filter} and ${comparison('host.name', String(host))}` })}>{String(host)}</HrefLink>
                  </Table.Td>
                  <Table.Td>{count.toLocaleString(i18n.language)}</Table.Td>
                  <Table.Td>
                    <Time value={last} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Gate>
    </Facts>
  );
}
