import { Anchor, Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { policiesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Policy } from '@/api/types';
import { NewPolicyDialog } from '@/features/policies/NewPolicyDialog';
import { type PolicyNode, treeOf } from '@/features/policies/tree';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

const settingsIn = (policy: Policy) => Object.values(policy.document).reduce((sum, section) => sum + Object.keys(section).length, 0);

export function PoliciesPage() {
  const { t } = useTranslation();
  const query = useQuery(policiesQuery);
  const nodes = useMemo(() => treeOf(query.data ?? []), [query.data]);
  const canWrite = useCan('policies:write');
  const [isAdding, setAdding] = useState(false);
  const nameOf = useActorName();
  const columns = useMemo<Column<PolicyNode>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => <PolicyName node={row.original} /> },
      { id: 'description', header: t('policies.description'), cell: ({ row }) => row.original.policy.description || '–' },
      { id: 'own', header: t('policies.own'), cell: ({ row }) => settingsIn(row.original.policy) },
      { id: 'agents', header: t('fleet.agents'), cell: ({ row }) => row.original.policy.agents },
      { id: 'version', header: t('policies.version'), cell: ({ row }) => row.original.policy.version },
      { id: 'modified', header: t('policies.modified'), cell: ({ row }) => <Time value={row.original.policy.modified} /> },
      { id: 'by', header: t('policies.by'), cell: ({ row }) => nameOf(row.original.policy.modified_by) },
    ],
    [t, nameOf],
  );
  return (
    <>
      <PageHeader title={t('nav.policies')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setAdding(true)}>
          {t('policies.add')}
        </Button>
      </PageHeader>
      <DataTable label={t('nav.policies')} query={query} items={nodes} columns={columns} rowId={(node) => node.policy.id} empty={<Empty title={t('policies.none')} />} />
      {isAdding && <NewPolicyDialog policies={query.data ?? []} close={() => setAdding(false)} />}
    </>
  );
}

function PolicyName({ node: { policy, depth } }: { node: PolicyNode }) {
  return (
    <span style={{ paddingInlineStart: depth * 20 }}>
      {depth > 0 && <span aria-hidden>└ </span>}
      <Anchor inherit renderRoot={(props) => <Link {...props} to="/policies/$policyId" params={{ policyId: policy.id }} />}>
        {policy.name}
      </Anchor>
    </span>
  );
}
