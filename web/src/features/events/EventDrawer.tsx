import { Drawer, Group, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Event } from '@/api/types';
import { useEventActions } from '@/features/events/actions';
import { EventWhy } from '@/features/events/EventWhy';
import { FieldList } from '@/features/events/FieldList';
import { eventQuery } from '@/features/events/queries';
import { Tags } from '@/features/events/Tags';
import { ActionMenu } from '@/ui/ActionMenu';
import { CopyText } from '@/ui/CopyText';
import { Severity } from '@/ui/Severity';
import { Gate } from '@/ui/States';
import { Time } from '@/ui/Time';
import { useOffer } from '@/ui/useOffer';

interface EventDrawerProps {
  id: string | undefined;
  /** The event when the list has it already: then the drawer need not wait. */
  known: Event | undefined;
  close: () => void;
}

export function EventDrawer({ id, known, close }: EventDrawerProps) {
  const { t, i18n } = useTranslation();
  const query = useQuery({
    ...eventQuery(id ?? '', i18n.language),
    enabled: id !== undefined,
    ...(known ? { initialData: known } : {}),
  });
  return (
    <Drawer
      opened={id !== undefined}
      onClose={close}
      position="right"
      size="lg"
      withOverlay={false}
      trapFocus={false}
      shadow="xl"
      title={query.data?.title ?? t('events.event')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      transitionProps={{ duration: 80 }}
    >
      <Gate query={query}>{query.data && <EventDetail event={query.data} />}</Gate>
    </Drawer>
  );
}

function EventDetail({ event }: { event: Event }) {
  const { t } = useTranslation();
  const { actions, dialogs } = useEventActions();
  const items = useMemo(() => [event], [event]);
  useOffer(event.title, actions, items);
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="md">
          <Severity value={event.severity} />
          <Text size="sm" c="dimmed">
            <Time value={event.time} milliseconds />
          </Text>
          <Text size="sm">{event.host}</Text>
        </Group>
        <ActionMenu label={t('common.actions')} actions={actions} items={items} />
      </Group>
      {(event.tags ?? []).length > 0 && <Tags event={event} />}
      {dialogs}
      <Tabs defaultValue="fields" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="fields">{t('events.fields')}</Tabs.Tab>
          <Tabs.Tab value="why">{t('events.why')}</Tabs.Tab>
          <Tabs.Tab value="raw">{t('events.raw')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="fields" pt="sm">
          <FieldList event={event} />
        </Tabs.Panel>
        <Tabs.Panel value="why" pt="sm">
          <EventWhy event={event} />
        </Tabs.Panel>
        <Tabs.Panel value="raw" pt="sm">
          <CopyText label={t('events.raw')} value={JSON.stringify(event, null, 2)} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
