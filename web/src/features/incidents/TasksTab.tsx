import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUserName } from '@/api/actors';
import { api, bodyOf } from '@/api/client';
import { usersQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { IncidentTask } from '@/api/types';
import { type OfIncident, tasksQuery } from '@/features/incidents/queries';
import { useStep } from '@/features/incidents/useStep';
import { type Column, DataTable } from '@/ui/DataTable';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

/** What is to be done, and by whom. */
export function TasksTab({ incident }: OfIncident) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write');
  const canReadUsers = useCan('users:read');
  const users = useQuery({ ...usersQuery, enabled: canReadUsers }).data ?? [];
  const query = useInfiniteQuery(tasksQuery(incident.id));
  const tasks = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [title, setTitle] = useState('');
  const [assignee, setAssignee] = useState<string | null>(null);
  const path = { id: incident.id };
  const add = useStep(incident.id, () => bodyOf(api.POST('/incidents/{id}/tasks', { params: { path }, body: { title: title.trim(), ...(assignee ? { assignee } : {}) } })), () => setTitle(''));
  const { mutate: finish, ...finishing } = useStep(incident.id, (task: string) => bodyOf(api.POST('/incidents/{id}/tasks/{task}/done', { params: { path: { id: incident.id, task } } })));
  const nameOf = useUserName();
  const columns = useMemo<Column<IncidentTask>[]>(
    () => [
      { id: 'title', header: t('incidents.task'), cell: ({ row }) => row.original.title },
      { id: 'assignee', header: t('incidents.assignee'), cell: ({ row }) => nameOf(row.original.assignee) || '–' },
      { id: 'created', header: t('incidents.since'), cell: ({ row }) => <Time value={row.original.created} /> },
      {
        id: 'done',
        header: t('common.done'),
        cell: ({ row: { original: task } }) =>
          task.done ? (
            <Time value={task.done} />
          ) : (
            <Button size="compact-xs" variant="default" disabled={!canWrite} aria-label={t('incidents.finish', { title: task.title })} onClick={() => finish(task.id)}>
              {t('incidents.isDone')}
            </Button>
          ),
      },
    ],
    [t, nameOf, canWrite, finish],
  );
  const failed = [add, finishing].find((each) => each.isError);
  return (
    <Stack>
      <Group align="end" gap="xs">
        <TextInput label={t('incidents.newTask')} maxLength={1000} disabled={!canWrite} value={title} onChange={(event) => setTitle(event.currentTarget.value)} flex={1} />
        {canReadUsers && <Select label={t('incidents.assignee')} searchable clearable clearButtonProps={{ 'aria-label': t('common.clear') }} disabled={!canWrite} value={assignee} onChange={setAssignee} data={users.map((user) => ({ value: user.id, label: user.username }))} />}
        <Button disabled={!canWrite || title.trim() === ''} loading={add.isPending} onClick={() => add.mutate()}>
          {t('incidents.addTask')}
        </Button>
      </Group>
      {failed && <Problem error={failed.error} />}
      <DataTable label={t('incidents.tab.tasks')} query={query} items={tasks} columns={columns} rowId={(task) => task.id} empty={<Empty title={t('incidents.noTasks')} />} />
    </Stack>
  );
}
