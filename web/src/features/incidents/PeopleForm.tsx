import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUserName } from '@/api/actors';
import { api, bodyOf, ifMatch } from '@/api/client';
import { sessionQuery, usersQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Incident } from '@/api/types';
import type { OfIncident } from '@/features/incidents/queries';
import { useStep } from '@/features/incidents/useStep';
import { Problem } from '@/ui/Problem';

const roles = ['investigation', 'containment', 'forensics', 'communication'] as const;
type Role = (typeof roles)[number];

/** Who works on it: taken by oneself, given to somebody, or to who is on call and has the skill. */
export function PeopleForm({ incident }: OfIncident) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write') && incident.state !== 'closed';
  const me = useQuery(sessionQuery).data?.user.id ?? '';
  const people = usePeople(incident, me);
  const [assignee, setAssignee] = useState(incident.assignee);
  const [taken, setTaken] = useState<Partial<Record<Role, string>>>(incident.roles);
  const [skill, setSkill] = useState(incident.skill);
  const path = { path: { id: incident.id } };
  const change = useStep(incident.id, (body: { assignee?: string; roles?: Partial<Record<Role, string>> }) => bodyOf(api.PATCH('/incidents/{id}', { params: { ...path, header: ifMatch(incident.etag) }, body })));
  const assign = useStep(incident.id, () => bodyOf(api.POST('/incidents/{id}/assignment', { params: path, body: { skill: skill.trim() } })));
  const failed = [change, assign].find((each) => each.isError);
  const setRole = (role: Role, user: string | null) => {
    const { [role]: _, ...others } = taken;
    setTaken(user ? { ...others, [role]: user } : others);
  };
  return (
    <Stack gap="xs">
      <Group align="end" gap="xs">
        <TextInput label={t('incidents.skill')} description={t('incidents.skillHint')} maxLength={64} disabled={!canWrite} value={skill} onChange={(event) => setSkill(event.currentTarget.value)} flex={1} />
        <Button size="xs" variant="default" disabled={!canWrite} loading={assign.isPending} onClick={() => assign.mutate()}>
          {t('incidents.assignByRota')}
        </Button>
        <Button size="xs" variant="default" disabled={!canWrite || (incident.assignee === me && incident.acknowledged !== null)} onClick={() => change.mutate({ assignee: me })}>
          {t('incidents.take')}
        </Button>
      </Group>
      <Select label={t('incidents.assignee')} searchable clearable clearButtonProps={{ 'aria-label': t('common.clear') }} disabled={!canWrite} value={assignee || null} onChange={(next) => setAssignee(next ?? '')} data={people} />
      {roles.map((role) => (
        <Select key={role} label={t(`incidents.role.${role}`)} searchable clearable clearButtonProps={{ 'aria-label': t('common.clear') }} disabled={!canWrite} value={taken[role] ?? null} onChange={(next) => setRole(role, next)} data={people} />
      ))}
      {incident.acknowledged === null && <Text size="xs" c="dimmed">{t('incidents.notAcknowledged')}</Text>}
      {failed && <Problem error={failed.error} />}
      <Group>
        <Button size="xs" variant="default" disabled={!canWrite} loading={change.isPending} onClick={() => change.mutate({ ...(assignee === incident.assignee ? {} : { assignee }), roles: taken })}>
          {t('incidents.savePeople')}
        </Button>
      </Group>
    </Stack>
  );
}

/** Whom it can be given to, as far as the reader may know them: those there already and oneself at least. */
function usePeople(incident: Incident, me: string): { value: string; label: string }[] {
  const canReadUsers = useCan('users:read');
  const users = useQuery({ ...usersQuery, enabled: canReadUsers }).data ?? [];
  const nameOf = useUserName();
  const own = useQuery(sessionQuery).data?.user.username ?? me;
  const ids = new Set([...users.filter((user) => !user.disabled).map((user) => user.id), ...Object.values(incident.roles), incident.assignee, me]);
  ids.delete('');
  return [...ids].map((value) => ({ value, label: value === me ? own : nameOf(value) }));
}
