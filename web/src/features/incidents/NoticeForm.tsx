import { Button, Group, NumberInput, Stack, Text, Textarea, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { BreachNotice } from '@/api/types';
import { noticesQuery, type OfIncident } from '@/features/incidents/queries';
import { useStep } from '@/features/incidents/useStep';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';

const parts = ['nature', 'categories', 'contact', 'consequences', 'measures'] as const;

/** The notice of GDPR Art. 33(3), begun from its last version; what is empty is shown as to follow. */
export function NoticeForm({ incident }: OfIncident) {
  const query = useInfiniteQuery(noticesQuery(incident.id));
  const last = query.data?.pages[0]?.items[0];
  return <Gate query={query}>{query.data && <Form key={last?.version ?? 0} incident={incident} last={last} />}</Gate>;
}

function Form({ incident, last }: OfIncident & { last: BreachNotice | undefined }) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write');
  const [draft, setDraft] = useState({
    nature: last?.nature ?? '',
    categories: last?.categories ?? '',
    contact: last?.contact ?? '',
    consequences: last?.consequences ?? '',
    measures: last?.measures ?? '',
    subjects: last?.subjects ?? 0,
    records: last?.records ?? 0,
  });
  const add = useStep(incident.id, () => bodyOf(api.POST('/incidents/{id}/notices', { params: { path: { id: incident.id } }, body: draft })));
  const number = (name: 'subjects' | 'records') => (
    <NumberInput label={t(`breach.part.${name}`)} min={0} allowDecimal={false} disabled={!canWrite} value={draft[name]} onChange={(value) => setDraft({ ...draft, [name]: Math.max(0, Number(value) || 0) })} />
  );
  return (
    <section>
      <Title order={2} size="h5" mb="xs">
        {t('breach.notice')}
      </Title>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {t('breach.noticeHelp')}
        </Text>
        {parts.map((part) => (
          <Textarea key={part} label={t(`breach.part.${part}`)} autosize minRows={2} maxRows={8} maxLength={20_000} disabled={!canWrite} value={draft[part]} onChange={(event) => setDraft({ ...draft, [part]: event.currentTarget.value })} />
        ))}
        <Group grow>
          {number('subjects')}
          {number('records')}
        </Group>
        {add.isError && <Problem error={add.error} />}
        <Group>
          <Button disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} loading={add.isPending} onClick={() => add.mutate()}>
            {t('breach.keepVersion')}
          </Button>
        </Group>
      </Stack>
    </section>
  );
}
