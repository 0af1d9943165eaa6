import { Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { SubjectRequest } from '@/api/types';
import { subjectsQuery } from '@/features/privacy/queries';
import { StepDialog } from '@/features/privacy/StepDialog';
import { SubjectDialog } from '@/features/privacy/SubjectDialog';
import { type Step, useSubjectActions } from '@/features/privacy/useSubjectActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { BulkBar } from '@/ui/BulkBar';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago, Time } from '@/ui/Time';
import { privacyPages } from '@/ui/trustPages';
import { useListKeys } from '@/ui/useListKeys';

const colorOf: Record<SubjectRequest['state'], string> = {
  received: stateColor.warn,
  open: stateColor.warn,
  overdue: stateColor.bad,
  done: stateColor.good,
  refused: stateColor.idle,
  late: stateColor.bad,
};

const idOf = (each: SubjectRequest) => each.id;
const nameOf = (each: SubjectRequest) => each.person;

/** What people asked about their data, and the clock of each. */
export function SubjectsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(subjectsQuery);
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('subjects:write');
  const [isOpening, setOpening] = useState(false);
  const [step, setStep] = useState<{ request: SubjectRequest; step: Step }>();
  const [actions, confirmation] = useSubjectActions((request, next) => setStep({ request, step: next }));
  const list = useListKeys(items, idOf, nameOf);
  const columns = useMemo<Column<SubjectRequest>[]>(
    () => [
      { id: 'person', header: t('subjects.person'), cell: ({ row }) => <Person of={row.original} /> },
      { id: 'right', header: t('subjects.right'), cell: ({ row }) => t(`subjects.rights.${row.original.right}`) },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={colorOf[row.original.state]}>{t(`subjects.state.${row.original.state}`)}</Dot> },
      { id: 'received', header: t('subjects.received'), cell: ({ row }) => <Ago value={row.original.received} /> },
      { id: 'due', header: t('subjects.due'), cell: ({ row }) => <Time value={row.original.due} /> },
      { id: 'identity', header: t('subjects.identity'), cell: ({ row }) => (row.original.identity_checked ? <Ago value={row.original.identity_checked} /> : '–') },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.person })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('subjects.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setOpening(true)}>
          {t('subjects.open')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.privacy" tabs={privacyPages} />
      <BulkBar label={t('subjects.bulk')} actions={actions} selected={list.selected} active={list.active} idOf={idOf} nameOf={nameOf} clear={list.clear} />
      <DataTable label={t('subjects.title')} selection={list} query={query} items={items} columns={columns} rowId={idOf} empty={<Empty title={t('subjects.none')}>{t('subjects.help')}</Empty>} />
      {isOpening && <SubjectDialog close={() => setOpening(false)} />}
      {step && <StepDialog request={step.request} step={step.step} close={() => setStep(undefined)} />}
      {confirmation}
    </>
  );
}

function Person({ of: { person, values, notes } }: { of: SubjectRequest }) {
  const last = notes.at(-1);
  return (
    <>
      <Text size="sm">{person}</Text>
      <Text size="xs" c="dimmed">
        {values.join(', ')}
      </Text>
      {last && <Text size="xs">{last.text}</Text>}
    </>
  );
}
