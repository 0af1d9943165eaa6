import { Anchor, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Rule, RulePack } from '@/api/types';
import { RuleLevel } from '@/features/rules/RuleLevel';
import { type Column, DataTable } from '@/ui/DataTable';
import { HrefLink } from '@/ui/HrefLink';
import { Empty, type Loadable } from '@/ui/States';
import { useWord } from '@/ui/words';

interface RuleListProps {
  query: Loadable;
  rules: Rule[];
  packs: readonly RulePack[];
}

export function RuleList({ query, rules, packs }: RuleListProps) {
  const { t } = useTranslation();
  const word = useWord();
  const columns = useMemo<Column<Rule>[]>(
    () => [
      { id: 'id', header: t('field.rule'), cell: ({ row }) => <HrefLink href={`/rules/${row.original.module}/${encodeURIComponent(row.original.id)}`}>{row.original.id}</HrefLink> },
      { id: 'title', header: t('rules.title'), cell: ({ row }) => row.original.title },
      { id: 'severity', header: t('field.severity'), cell: ({ row }) => <RuleLevel rule={row.original} /> },
      { id: 'module', header: t('field.module'), cell: ({ row }) => word('module', row.original.module) },
      { id: 'pack', header: t('rules.pack'), cell: ({ row }) => row.original.pack },
      { id: 'for', header: t('rules.for'), cell: ({ row }) => <Text size="xs">{[...row.original.techniques, ...row.original.cves].join(', ') || '–'}</Text> },
      { id: 'used', header: t('rules.usedBy'), cell: ({ row }) => <UsedBy pack={packs.find((each) => each.module === row.original.module && each.name === row.original.pack)} /> },
    ],
    [t, word, packs],
  );
  return <DataTable label={t('nav.rules')} query={query} items={rules} columns={columns} rowId={(rule) => `${rule.module}/${rule.pack}/${rule.id}`} empty={<Empty title={t('rules.none')} />} />;
}

function UsedBy({ pack }: { pack: RulePack | undefined }) {
  if (!pack || pack.policies.length === 0) return '–';
  return pack.policies.map(({ id, name }, index) => (
    <span key={id}>
      {index > 0 && ', '}
      <Anchor inherit underline="always" renderRoot={(props) => <Link {...props} to="/policies/$policyId" params={{ policyId: id }} />}>
        {name}
      </Anchor>
    </span>
  ));
}
