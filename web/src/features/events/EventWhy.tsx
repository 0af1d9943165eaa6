import { Anchor, Code, List, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Trans, useTranslation } from 'react-i18next';
import type { Event } from '@/api/types';
import { eventFieldsQuery } from '@/features/events/queries';
import { useWord } from '@/ui/words';

/** Why there is this event: who saw it, by which rule, on the ground of which observations, and what was done. */
export function EventWhy({ event }: { event: Event }) {
  const { t } = useTranslation();
  const word = useWord();
  const fields = useQuery(eventFieldsQuery);
  const evidence = Object.entries(event.fields);
  const docOf = (key: string) => fields.data?.items.find((each) => each.key === key)?.doc ?? key;
  return (
    <Stack gap="sm">
      <Text size="sm">
        <Trans
          t={t}
          i18nKey="events.whySeen"
          values={{ module: word('module', event.module), host: event.host, type: event.type }}
          components={{ code: <Code /> }}
        />
      </Text>
      <Text size="sm">
        {event.rule ? (
          <Trans t={t} i18nKey="events.whyRule" values={{ rule: event.rule }} components={{ code: <Code /> }} />
        ) : (
          t('events.whyNoRule')
        )}
      </Text>
      <Text size="sm">{t('events.whyAction', { action: word('action_taken', event.action) })}</Text>
      {evidence.length > 0 && (
        <>
          <Text size="sm" fw={600}>
            {t('events.whyEvidence')}
          </Text>
          <List size="sm" spacing={4}>
            {evidence.map(([key, value]) => (
              <List.Item key={key}>
                {docOf(key)}: <Code>{typeof value === 'string' ? value : JSON.stringify(value)}</Code>
              </List.Item>
            ))}
          </List>
        </>
      )}
      {event.agent_id && (
        <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/fleet/$agentId" params={{ agentId: event.agent_id ?? '' }} />}>
          {t('events.showAgent', { host: event.host })}
        </Anchor>
      )}
    </Stack>
  );
}
