import { Button, Group, Modal, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { useCan } from '@/api/session';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

type Grade = 'low' | 'medium' | 'high';
const grades: readonly Grade[] = ['low', 'medium', 'high'];
const none: readonly string[] = [];

interface DeclareDialogProps {
  close: () => void;
  /** What it is opened from, by ids. */
  events?: readonly string[];
  alerts?: readonly string[];
  title?: string;
}

/** Anyone may declare an incident: one line says enough, the rest can follow. */
export default function DeclareDialog({ close, events = none, alerts = none, title: proposed = '' }: DeclareDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const canRead = useCan('incidents:read');
  const [title, setTitle] = useState(proposed.slice(0, 300));
  const [description, setDescription] = useState('');
  const [impact, setImpact] = useState<Grade>('medium');
  const [urgency, setUrgency] = useState<Grade>('medium');
  const [skill, setSkill] = useState('');
  const [key] = useState(idempotencyKey);
  const declare = useMutation({
    mutationFn: () =>
      bodyOf(
        api.POST('/incidents', {
          params: { header: key },
          body: { title: title.trim(), description, impact, urgency, ...(skill.trim() ? { skill: skill.trim() } : {}), events: [...events], alerts: [...alerts] },
        }),
      ),
    onSuccess: (incident) => {
      void client.invalidateQueries({ queryKey: ['incidents'] });
      notifyDone(t('declare.done', { number: incident.number }));
      close();
      if (canRead) void navigate({ to: '/incidents/$incidentId', params: { incidentId: incident.id } });
    },
  });
  const grade = (label: string, value: Grade, set: (value: Grade) => void) => (
    <Select label={label} allowDeselect={false} value={value} onChange={(next) => set(grades.find((each) => each === next) ?? value)} data={grades.map((each) => ({ value: each, label: t(`grade.${each}`) }))} />
  );
  return (
    <Modal opened onClose={close} title={t('declare.title')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          declare.mutate();
        }}
      >
        <Stack>
          <Text size="sm">{t('declare.help')}</Text>
          {events.length > 0 && <Text size="sm">{t('declare.fromEvents', { count: events.length })}</Text>}
          {alerts.length > 0 && <Text size="sm">{t('declare.fromAlerts', { count: alerts.length })}</Text>}
          <TextInput label={t('declare.what')} required data-autofocus maxLength={300} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
          <Textarea label={t('declare.more')} autosize minRows={3} maxRows={10} maxLength={20_000} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
          <Group grow>
            {grade(t('incidents.impact'), impact, setImpact)}
            {grade(t('incidents.urgency'), urgency, setUrgency)}
          </Group>
          <TextInput label={t('incidents.skill')} description={t('declare.skillHint')} maxLength={64} value={skill} onChange={(event) => setSkill(event.currentTarget.value)} />
          {declare.isError && <Problem error={declare.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" color="red.9" disabled={title.trim() === ''} loading={declare.isPending}>
              {t('declare.button')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
