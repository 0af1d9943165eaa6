import { Alert, Anchor, Stack, Switch, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgentPolicy } from '@/api/types';
import { agentPolicyQuery } from '@/features/fleet/queries';
import { Empty, Gate } from '@/ui/States';
import { useWord } from '@/ui/words';

/** What a host is to do: which level names its policy, and which policy sets each value. */
export function AgentPolicyTab({ agentId }: { agentId: string }) {
  const query = useQuery(agentPolicyQuery(agentId));
  return <Gate query={query}>{query.data && <Effective policy={query.data} />}</Gate>;
}

function Effective({ policy }: { policy: AgentPolicy }) {
  const { t } = useTranslation();
  const [areAll, setAll] = useState(false);
  const shown = policy.settings.filter((setting) => areAll || setting.origin);
  const sections = [...new Set(shown.map((setting) => setting.section))];
  return (
    <Stack gap="sm">
      <Text size="sm">
        <Anchor inherit underline="always" renderRoot={(props) => <Link {...props} to="/policies/$policyId" params={{ policyId: policy.policy_id }} />}>
          {policy.policy_name}
        </Anchor>{' '}
        · {t(`agentPolicy.level.${policy.level}`, { group: policy.group_name ?? '' })}
      </Text>
      {policy.is_ahead && (
        <Alert color="blue" variant="outline">
          {t('agentPolicy.ahead')}
        </Alert>
      )}
      <Switch size="sm" label={t('agentPolicy.all')} checked={areAll} onChange={(event) => setAll(event.currentTarget.checked)} />
      {shown.length === 0 && <Empty title={t('agentPolicy.none')}>{t('agentPolicy.noneHint')}</Empty>}
      {sections.map((section) => (
        <Section key={section} section={section} policy={policy} settings={shown.filter((setting) => setting.section === section)} />
      ))}
    </Stack>
  );
}

const textOf = (value: unknown) => (Array.isArray(value) ? value.join('\n') : typeof value === 'string' ? value : JSON.stringify(value));

function Section({ section, policy, settings }: { section: string; policy: AgentPolicy; settings: AgentPolicy['settings'] }) {
  const { t } = useTranslation();
  const name = useWord()('section', section);
  return (
    <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': name, role: 'group' } }}>
      <Table fz="sm" verticalSpacing={4} aria-label={name} layout="fixed">
        <Table.Caption>{name}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('policies.setting')}</Table.Th>
            <Table.Th scope="col">{t('agentPolicy.value')}</Table.Th>
            <Table.Th scope="col">{t('agentPolicy.origin')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {settings.map(({ key, value, origin }) => (
            <Table.Tr key={key}>
              <Table.Td ff="monospace">{key}</Table.Td>
              <Table.Td style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>{textOf(value)}</Table.Td>
              <Table.Td>
                {origin ? (
                  <Anchor inherit underline="always" renderRoot={(props) => <Link {...props} to="/policies/$policyId" params={{ policyId: origin.id }} />}>
                    {origin.name}
                  </Anchor>
                ) : (
                  t('policies.builtIn')
                )}
                {origin && origin.id !== policy.policy_id && ` · ${t('policies.inherited')}`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
