import { Button, Group, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { useCan } from '@/api/session';
import type { OfIncident } from '@/features/incidents/queries';
import { useStep } from '@/features/incidents/useStep';
import { Problem } from '@/ui/Problem';

const grades = ['low', 'medium', 'high'] as const;
type Grade = (typeof grades)[number];

/** What it is, and how bad: the matrix makes the severity of impact and urgency. */
export function GradeForm({ incident }: OfIncident) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write') && incident.state !== 'closed';
  const [values, setValues] = useState({ title: incident.title, description: incident.description, impact: incident.impact, urgency: incident.urgency });
  const save = useStep(incident.id, () => bodyOf(api.PATCH('/incidents/{id}', { params: { path: { id: incident.id }, header: ifMatch(incident.etag) }, body: values })));
  const grade = (name: 'impact' | 'urgency') => (
    <Select
      label={t(`incidents.${name}`)}
      allowDeselect={false}
      disabled={!canWrite}
      value={values[name]}
      onChange={(next) => setValues({ ...values, [name]: grades.find((each) => each === next) ?? values[name] } satisfies Record<string, string | Grade>)}
      data={grades.map((each) => ({ value: each, label: t(`grade.${each}`) }))}
    />
  );
  return (
    <Stack gap="xs">
      <TextInput label={t('incidents.what')} maxLength={300} disabled={!canWrite} value={values.title} onChange={(event) => setValues({ ...values, title: event.currentTarget.value })} />
      <Textarea label={t('declare.more')} autosize minRows={2} maxRows={10} maxLength={20_000} disabled={!canWrite} value={values.description} onChange={(event) => setValues({ ...values, description: event.currentTarget.value })} />
      <Group grow>
        {grade('impact')}
        {grade('urgency')}
      </Group>
      {save.isError && <Problem error={save.error} />}
      <Group>
        <Button size="xs" variant="default" disabled={!canWrite || values.title.trim() === ''} loading={save.isPending} onClick={() => save.mutate()}>
          {t('incidents.saveGrading')}
        </Button>
      </Group>
    </Stack>
  );
}
