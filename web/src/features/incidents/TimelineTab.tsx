import { Button, Group, Stack, Text, Textarea, Timeline } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { IncidentLine } from '@/api/types';
import { type OfIncident, timelineQuery } from '@/features/incidents/queries';
import { useLineWords } from '@/features/incidents/useLineWords';
import { useStep } from '@/features/incidents/useStep';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

/** What happened, line by line, the newest first; and a note of one's own. Lines are never changed. */
export function TimelineTab({ incident }: OfIncident) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write');
  const query = useInfiniteQuery(timelineQuery(incident.id));
  const lines = (query.data?.pages.flatMap((page) => page.items) ?? []).toReversed();
  const [text, setText] = useState('');
  const note = useStep(incident.id, () => bodyOf(api.POST('/incidents/{id}/notes', { params: { path: { id: incident.id } }, body: { text } })), () => setText(''));
  return (
    <Stack maw={860}>
      <Textarea label={t('incidents.addNote')} autosize minRows={2} maxRows={10} maxLength={20_000} disabled={!canWrite} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {note.isError && <Problem error={note.error} />}
      <Group>
        <Button size="xs" disabled={!canWrite || text.trim() === ''} loading={note.isPending} onClick={() => note.mutate()}>
          {t('incidents.writeNote')}
        </Button>
      </Group>
      <Gate query={query}>
        <Timeline bulletSize={14} lineWidth={2} aria-label={t('incidents.tab.timeline')}>
          {lines.map((line) => (
            <Line key={line.number} line={line} />
          ))}
        </Timeline>
        {query.hasNextPage && (
          <Button variant="default" size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('common.more')}
          </Button>
        )}
      </Gate>
    </Stack>
  );
}

function Line({ line }: { line: IncidentLine }) {
  const nameOf = useActorName();
  const wordsOf = useLineWords();
  return (
    <Timeline.Item title={wordsOf(line)}>
      {line.text && (
        <Text size="sm" style={{ whiteSpace: 'pre-wrap' }}>
          {line.text}
        </Text>
      )}
      <Text size="xs" c="dimmed" component="div">
        <Time value={line.time} /> · {nameOf(line.actor)}
      </Text>
    </Timeline.Item>
  );
}
