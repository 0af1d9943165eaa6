import { Alert, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { Incident } from '@/api/types';
import { AffectedForm } from '@/features/incidents/AffectedForm';
import { AffectedTenants } from '@/features/incidents/AffectedTenants';
import { BreachClock } from '@/features/incidents/BreachClock';
import { NoticeForm } from '@/features/incidents/NoticeForm';
import { NoticeVersions } from '@/features/incidents/NoticeVersions';
import { momentOf, writtenNow } from '@/features/incidents/moments';
import type { OfIncident } from '@/features/incidents/queries';
import { useStep } from '@/features/incidents/useStep';
import { usePreferences } from '@/lib/preferences';
import { Problem } from '@/ui/Problem';
import { Time } from '@/ui/Time';

/** A breach of personal data: the clock, who is affected, and the notice to the authority. */
export function BreachTab({ incident }: OfIncident) {
  const { t } = useTranslation();
  const { breach } = incident;
  if (!breach) return <Mark incident={incident} />;
  return (
    <Stack maw={860}>
      <Alert variant="outline" color="gray" title={<BreachClock breach={breach} />}>
        <Text size="sm" component="div">
          {t('breach.awareSince')} <Time value={breach.aware} /> · {t('breach.due')} <Time value={breach.due} />
          {breach.notified && (
            <>
              {' · '}
              {t('breach.notifiedOn')} <Time value={breach.notified} />
            </>
          )}
        </Text>
        {breach.delay_reason && <Text size="sm">{t('breach.delayed', { reason: breach.delay_reason })}</Text>}
      </Alert>
      {!breach.notified && <Notified incident={incident} breach={breach} />}
      <AffectedForm incident={incident} />
      <AffectedTenants incident={incident} />
      <NoticeForm incident={incident} />
      <NoticeVersions incident={incident} />
    </Stack>
  );
}

function Mark({ incident }: OfIncident) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write');
  const { zone } = usePreferences();
  const [aware, setAware] = useState(() => writtenNow(zone));
  const moment = momentOf(aware, zone);
  const mark = useStep(incident.id, () => bodyOf(api.POST('/incidents/{id}/breach', { params: { path: { id: incident.id } }, body: moment ? { aware: moment } : {} })));
  return (
    <Stack maw={560}>
      <Text size="sm">{t('breach.help')}</Text>
      <TextInput label={t('breach.awareSince')} description={t('breach.momentHint')} disabled={!canWrite} value={aware} error={moment ? undefined : t('form.invalid')} onChange={(event) => setAware(event.currentTarget.value)} />
      {mark.isError && <Problem error={mark.error} />}
      <Group>
        <Button color="red.9" disabled={!canWrite || !moment} title={canWrite ? undefined : t('action.noRight')} loading={mark.isPending} onClick={() => mark.mutate()}>
          {t('breach.mark')}
        </Button>
      </Group>
    </Stack>
  );
}

/** The authority was notified; after the 72 hours with the reasons for the delay. */
function Notified({ incident, breach }: OfIncident & { breach: NonNullable<Incident['breach']> }) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write');
  const { zone } = usePreferences();
  const [when, setWhen] = useState(() => writtenNow(zone));
  const [reason, setReason] = useState('');
  const moment = momentOf(when, zone);
  const isLate = moment !== undefined && moment > breach.due;
  const note = useStep(incident.id, () =>
    bodyOf(api.POST('/incidents/{id}/breach', { params: { path: { id: incident.id } }, body: { notified: moment ?? '', ...(reason.trim() ? { delay_reason: reason } : {}) } })),
  );
  return (
    <Stack gap="xs">
      <Group align="end" gap="xs">
        <TextInput label={t('breach.notifiedOn')} description={t('breach.momentHint')} disabled={!canWrite} value={when} error={moment ? undefined : t('form.invalid')} onChange={(event) => setWhen(event.currentTarget.value)} />
        <Button variant="default" disabled={!canWrite || !moment || (isLate && reason.trim() === '')} loading={note.isPending} onClick={() => note.mutate()}>
          {t('breach.noteNotified')}
        </Button>
      </Group>
      {isLate && <Textarea label={t('breach.delayReason')} required maxLength={20_000} disabled={!canWrite} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />}
      {note.isError && <Problem error={note.error} />}
    </Stack>
  );
}
