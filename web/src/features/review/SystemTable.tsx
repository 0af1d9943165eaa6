import { Anchor, Button, List, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReviewFinding, ReviewSystem } from '@/api/types';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Empty, type Loadable } from '@/ui/States';
import { stateColor } from '@/ui/theme';

const colors = { gap: stateColor.bad, look: stateColor.warn, quiet: stateColor.good };

interface SystemTableProps {
  query: Loadable & { hasNextPage: boolean; fetchNextPage: () => unknown; isFetchingNextPage: boolean };
  systems: ReviewSystem[];
  /** Why nothing can be signed now, or undefined. */
  refusal: string | undefined;
  sign: (system: string) => void;
}

export function SystemTable({ query, systems, refusal, sign }: SystemTableProps) {
  const { t, i18n } = useTranslation();
  const columns = useMemo<Column<ReviewSystem>[]>(
    () => [
      { id: 'system', header: t('review.system'), cell: ({ row }) => <SystemName system={row.original} /> },
      { id: 'result', header: t('review.result'), cell: ({ row }) => (row.original.result ? <Dot color={colors[row.original.result]}>{t(`triage.${row.original.result}`)}</Dot> : t('review.notYet')) },
      { id: 'findings', header: t('review.why'), cell: ({ row }) => <Findings findings={row.original.findings} /> },
      { id: 'events', header: t('nav.events'), cell: ({ row }) => row.original.events.toLocaleString(i18n.language) },
      {
        id: 'judgement',
        header: t('review.judgement'),
        cell: ({ row: { original: system } }) => {
          const judgement = judgements.find((each) => each === system.judgement);
          if (judgement) return t(`judgement.${judgement}`);
          return system.covered_events === null ? '–' : t('review.seen');
        },
      },
      {
        id: 'sign',
        header: t('common.actions'),
        cell: ({ row }) => (
          <Button size="compact-xs" variant="default" disabled={refusal !== undefined} title={refusal} aria-label={t('review.signSystem', { name: nameOf(row.original) })} onClick={() => sign(row.original.system)}>
            {t('review.sign')}
          </Button>
        ),
      },
    ],
    [t, i18n.language, refusal, sign],
  );
  return <DataTable label={t('review.systems')} query={query} items={systems} columns={columns} rowId={(each) => each.system} empty={<Empty title={t('review.noSystems')} />} />;
}

export const judgements = ['expected', 'harmless', 'incident', 'to-fix'] as const;
export const nameOf = (system: ReviewSystem) => system.name || system.system;

function SystemName({ system }: { system: ReviewSystem }) {
  if (system.system === 'manager') return <>{nameOf(system)}</>;
  return (
    <Anchor inherit renderRoot={(props) => <Link {...props} to="/fleet/$agentId" params={{ agentId: system.system }} />}>
      {nameOf(system)}
    </Anchor>
  );
}

function Findings({ findings }: { findings: ReviewFinding[] }) {
  const { t, i18n } = useTranslation();
  if (findings.length === 0) return <Text inherit c="dimmed">{t('review.nothing')}</Text>;
  return (
    <List size="sm" withPadding={false}>
      {findings.map((finding) => (
        <List.Item key={finding.kind + finding.subject}>
          {t(`finding.${finding.kind}`, { subject: finding.subject, count: finding.count, usual: finding.usual.toLocaleString(i18n.language), number: finding.count.toLocaleString(i18n.language) })}
        </List.Item>
      ))}
    </List>
  );
}
