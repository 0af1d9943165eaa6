import { Alert, Code, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { FirewallDecision } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';
import { useWord } from '@/ui/words';

/** What becomes of a packet and why, with what every rule says to it. */
export function Decision({ decision }: { decision: FirewallDecision }) {
  const { t } = useTranslation();
  const word = useWord();
  const passes = decision.verdict === 'accept';
  return (
    <>
      <Alert role="status" variant="outline" color={passes ? 'green' : 'red'} title={t(passes ? 'firewall.passes' : decision.enforced ? 'firewall.dropped' : 'firewall.wouldDrop')} mb="xs">
        <Text size="sm">
          <Code style={{ overflowWrap: 'anywhere' }}>{decision.text}</Code>
        </Text>
        <Text size="sm">
          {decision.rule ? t('firewall.decidedBy', { rule: decision.rule }) : t('firewall.decidedByNone')} {decision.reason}
        </Text>
        {decision.log_rule && <Text size="sm">{t('firewall.loggedBy', { rule: decision.log_rule })}</Text>}
        {decision.bypasses_inspection && <Text size="sm">{t('firewall.bypasses')}</Text>}
      </Alert>
      {decision.considered.length > 0 && (
        <Table.ScrollContainer minWidth={420} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('firewall.considered'), role: 'group' } }}>
          <Table aria-label={t('firewall.considered')} verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('field.rule')}</Table.Th>
                <Table.Th scope="col">{t('field.action')}</Table.Th>
                <Table.Th scope="col">{t('firewall.whyNot')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {decision.considered.map((each) => (
                <Table.Tr key={each.rule}>
                  <Table.Td>{each.rule}</Table.Td>
                  <Table.Td>
                    {word('firewallWord', each.action)} {each.priority}
                  </Table.Td>
                  <Table.Td>{each.matches ? <Dot color={stateColor.good}>{t('firewall.matches')}</Dot> : each.why_not}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </>
  );
}
