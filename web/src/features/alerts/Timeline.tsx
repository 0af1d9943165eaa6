import { Code, List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { useCan } from '@/api/session';
import type { Alert, Notice } from '@/api/types';
import { commentsQuery, noticesQuery } from '@/features/alerts/queries';
import { type TimelineEntry, timelineOf } from '@/features/alerts/timeline';
import { Time } from '@/ui/Time';

/** Opened, told, acknowledged, written about, resolved: in order. */
export function Timeline({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const canReadNotices = useCan('notices:read');
  const comments = useQuery(commentsQuery(alert.id));
  const notices = useQuery({ ...noticesQuery(alert.id), enabled: canReadNotices });
  const entries = timelineOf(alert, comments.data ?? [], notices.data ?? []);
  return (
    <List size="sm" spacing={4} listStyleType="none" aria-label={t('alerts.timeline')}>
      {entries.map((entry) => (
        <List.Item key={entry.key}>
          <Text component="span" size="xs" c="dimmed" mr={8}>
            <Time value={entry.time} />
          </Text>
          <Line entry={entry} />
        </List.Item>
      ))}
    </List>
  );
}

function Line({ entry }: { entry: TimelineEntry }) {
  const { t } = useTranslation();
  const nameOf = useActorName();
  switch (entry.kind) {
    case 'opened':
      return <>{t('alerts.line.opened')}</>;
    case 'told':
      return <Told notice={entry.notice} />;
    case 'acknowledged':
      return <>{t('alerts.line.acknowledged', { name: nameOf(entry.by) })}</>;
    case 'comment':
      return (
        <>
          {nameOf(entry.by)}: {entry.text}
        </>
      );
    case 'resolved':
      return <>{entry.by ? t('alerts.line.resolvedBy', { name: nameOf(entry.by) }) : t('alerts.line.resolved')}</>;
  }
}

function Told({ notice }: { notice: Notice }) {
  const { t } = useTranslation();
  const nameOf = useActorName();
  const people = notice.people.map((id) => nameOf(`user:${id}`).replace('user:', '')).join(', ');
  return (
    <>
      {people ? t('alerts.line.told', { name: people }) : t('alerts.line.toldChannel')} ({t(`alerts.notice.${notice.state}`)}) {notice.error && <Code>{notice.error}</Code>}
    </>
  );
}
