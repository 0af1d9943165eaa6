import { Alert, Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { api, bodyOf, ifMatch } from '@/api/client';
import { useCan } from '@/api/session';
import type { OfIncident } from '@/features/incidents/queries';
import { closingWords, missingToClose, wordsOf } from '@/features/incidents/states';
import { useStep } from '@/features/incidents/useStep';
import { Problem } from '@/ui/Problem';
import { Time } from '@/ui/Time';

/** Closing takes the root cause, the corrective action and a review of the response plan; the manager insists on them, too. */
export function ClosingTab({ incident }: OfIncident) {
  const { t } = useTranslation();
  const nameOf = useActorName();
  const isClosed = incident.state === 'closed';
  const canWrite = useCan('incidents:write') && !isClosed;
  const [words, setWords] = useState(wordsOf(incident));
  const missing = missingToClose(words);
  const path = { path: { id: incident.id } };
  const save = () => bodyOf(api.PATCH('/incidents/{id}', { params: { ...path, header: ifMatch(incident.etag) }, body: words }));
  const keep = useStep(incident.id, save);
  const close = useStep(incident.id, async () => {
    await save();
    return bodyOf(api.POST('/incidents/{id}/state', { params: path, body: { state: 'closed' } }));
  });
  const failed = [keep, close].find((each) => each.isError);
  return (
    <Stack maw={760}>
      {isClosed && incident.closed && (
        <Alert variant="outline" color="gray">
          {t('incidents.closedOn')} <Time value={incident.closed} />
        </Alert>
      )}
      <Text size="sm">{t('incidents.closingHelp')}</Text>
      {closingWords.map((word) => (
        <Textarea key={word} label={t(`incidents.closingWord.${word}`)} required autosize minRows={2} maxRows={10} maxLength={20_000} disabled={!canWrite} value={words[word]} onChange={(event) => setWords({ ...words, [word]: event.currentTarget.value })} />
      ))}
      {incident.plan_reviewed && (
        <Text size="xs" c="dimmed" component="div">
          {t('incidents.planReviewedBy', { name: nameOf(incident.plan_reviewed_by) })} <Time value={incident.plan_reviewed} />
        </Text>
      )}
      {failed && <Problem error={failed.error} />}
      <Group>
        <Button variant="default" disabled={!canWrite} loading={keep.isPending} onClick={() => keep.mutate()}>
          {t('common.save')}
        </Button>
        <Button disabled={!canWrite || missing.length > 0} title={missing.length > 0 ? t('incidents.closingMissing', { what: missing.map((word) => t(`incidents.closingWord.${word}`)).join(', ') }) : undefined} loading={close.isPending} onClick={() => close.mutate()}>
          {t('incidents.close')}
        </Button>
      </Group>
    </Stack>
  );
}
