import { Anchor, Code, List, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Trans, useTranslation } from 'react-i18next';
import type { Alert } from '@/api/types';
import { Time } from '@/ui/Time';

/** By which rule, about what, with which value, and on the ground of which events. */
export function AlertWhy({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm">
        <Trans t={t} i18nKey="alerts.whyRule" values={{ rule: alert.rule }} components={{ code: <Code /> }} /> {t('alerts.whyValue', { value: alert.value, fireAt: alert.fire_at })}
      </Text>
      <List size="sm" spacing={4}>
        {Object.entries(alert.group).map(([key, value]) => (
          <List.Item key={key}>
            {key}: {key === 'agent' ? <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/fleet/$agentId" params={{ agentId: value }} />}>{value}</Anchor> : <Code>{value}</Code>}
          </List.Item>
        ))}
        {alert.members.map((member) => (
          <List.Item key={member}>
            <Code>{member}</Code>
          </List.Item>
        ))}
        {alert.events.map((event) => (
          <List.Item key={event}>
            {t('events.event')}: <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/events" search={{ event }} />}>{event}</Anchor>
          </List.Item>
        ))}
      </List>
      {alert.escalates && (
        <Text size="sm">
          {t('alerts.escalates')} <Time value={alert.escalates} />
        </Text>
      )}
    </>
  );
}
