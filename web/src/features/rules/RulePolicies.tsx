import { Anchor, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { RuleDetail } from '@/api/types';
import { Facts } from '@/ui/Facts';

/** Where a rule is used: the policies, how many hosts each applies to, and what it says of the rule. */
export function RulePolicies({ policies }: { policies: RuleDetail['policies'] }) {
  const { t, i18n } = useTranslation();
  return (
    <Facts title={t('rules.usedBy')}>
      {policies.length === 0 ? (
        <Text size="sm">{t('rules.unused')}</Text>
      ) : (
        <Table fz="sm" verticalSpacing={4} aria-label={t('rules.usedBy')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('fleet.policy')}</Table.Th>
              <Table.Th scope="col">{t('fleet.agents')}</Table.Th>
              <Table.Th scope="col">{t('rules.settings')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {policies.map(({ id, name, hosts, settings }) => (
              <Table.Tr key={id}>
                <Table.Td>
                  <Anchor inherit underline="always" renderRoot={(props) => <Link {...props} to="/policies/$policyId" params={{ policyId: id }} />}>
                    {name}
                  </Anchor>
                </Table.Td>
                <Table.Td>{hosts.toLocaleString(i18n.language)}</Table.Td>
                <Table.Td>
                  {settings.length === 0
                    ? '–'
                    : settings.map(({ setting, value }) => (
                        <div key={`${setting} ${value}`}>
                          {t(`rules.setting.${setting}`)}: <code>{value}</code>
                        </div>
                      ))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Facts>
  );
}
