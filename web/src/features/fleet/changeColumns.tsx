import { Code, Text } from '@mantine/core';
import { IconChecks } from '@tabler/icons-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Event, HostChange } from '@/api/types';
import { eventsAddress, openEvents } from '@/features/fleet/changes';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import type { Column } from '@/ui/DataTable';
import { ExplainDialog } from '@/ui/ExplainDialog';
import { HrefLink } from '@/ui/HrefLink';
import { notifyFailure } from '@/ui/notify';
import { Severity } from '@/ui/Severity';
import { Time } from '@/ui/Time';
import { useRun } from '@/ui/useRun';

/** What is told of a changed object, and what can be done about it. */
export function useChangeColumns(agentId: string): { columns: Column<HostChange>[]; dialogs: ReactNode } {
  const { t } = useTranslation();
  const [run, running] = useRun();
  const [explained, setExplained] = useState<Event[]>();
  const actions = useMemo<Action<HostChange>[]>(
    () => [
      {
        id: 'explain',
        label: 'explain.action',
        icon: IconChecks,
        right: 'events:explain',
        single: true,
        refusal: ([change]) => (change?.approved ? 'explain.already' : undefined),
        run: ([change]) => change && void openEvents(change).then(setExplained, notifyFailure),
      },
    ],
    [],
  );
  const columns = useMemo<Column<HostChange>[]>(
    () => [
      { id: 'object', header: t('changes.object'), cell: ({ row }) => <ChangedObject change={row.original} /> },
      { id: 'change', header: t('changes.change'), cell: ({ row }) => t(`changes.word.${row.original.change}`) },
      { id: 'attributes', header: t('changes.attributes'), cell: ({ row }) => <Differences change={row.original} /> },
      { id: 'severity', header: t('field.severity'), cell: ({ row: { original } }) => <Standing change={original} /> },
      { id: 'first', header: t('changes.first'), cell: ({ row }) => <Time value={row.original.first} /> },
      { id: 'last', header: t('changes.last'), cell: ({ row }) => <Time value={row.original.last} /> },
      { id: 'events', header: t('nav.events'), cell: ({ row: { original } }) => <HrefLink href={eventsAddress(agentId, original)}>{t('changes.events', { count: original.events })}</HrefLink> },
      { id: 'actions', header: t('common.actions'), cell: ({ row: { original } }) => <ActionMenu label={t('common.actionsOf', { name: original.key })} actions={actions} items={[original]} /> },
    ],
    [t, agentId, actions],
  );
  const dialogs = (
    <>
      {explained && <ExplainDialog events={explained} run={run} close={() => setExplained(undefined)} />}
      {running}
    </>
  );
  return { columns, dialogs };
}

function ChangedObject({ change }: { change: HostChange }) {
  const { t } = useTranslation();
  return (
    <>
      <Code style={{ overflowWrap: 'anywhere' }}>{change.key}</Code>
      {change.kind !== 'file' && <Text size="xs">{t(`changes.kind.${change.kind}`)}</Text>}
      {change.moved_from && <Text size="xs">{t('changes.movedFrom', { path: change.moved_from })}</Text>}
      {change.moved_to && <Text size="xs">{t('changes.movedTo', { path: change.moved_to })}</Text>}
    </>
  );
}

function Standing({ change }: { change: HostChange }) {
  const { t } = useTranslation();
  return (
    <>
      <Severity value={change.severity} />
      {change.approved && <Text size="xs">{t('changes.explainedBy', { by: change.explained_by.join(', ') })}</Text>}
    </>
  );
}

/** Each attribute with what it was and what it is. */
function Differences({ change }: { change: HostChange }) {
  const { t } = useTranslation();
  if (change.attributes.length === 0) return change.change === 'replaced' ? <Text size="xs">{t('changes.replacedHint')}</Text> : '–';
  const text = (value: string | null) => value ?? t('changes.notTold');
  return (
    <dl style={{ margin: 0, fontSize: 'var(--mantine-font-size-xs)' }}>
      {change.attributes.map(({ name, was, is }) => (
        <div key={name} style={{ overflowWrap: 'anywhere' }}>
          <dt style={{ display: 'inline', fontWeight: 600 }}>{name}</dt>{' '}
          <dd style={{ display: 'inline', margin: 0 }}>
            {change.change !== 'created' && <del style={{ textDecoration: 'none' }}>{text(was)}</del>}
            {(change.change === 'updated' || change.change === 'replaced') && ' → '}
            {change.change !== 'deleted' && <ins style={{ textDecoration: 'none' }}>{text(is)}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
