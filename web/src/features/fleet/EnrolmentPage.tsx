import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { useCan } from '@/api/session';
import type { EnrolToken } from '@/api/types';
import { EnrolDialog } from '@/features/fleet/EnrolDialog';
import { FleetTabs } from '@/features/fleet/FleetTabs';
import { enrolTokensQuery } from '@/features/fleet/queries';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';
import { useClock } from '@/ui/useClock';

type TokenState = 'revoked' | 'expired' | 'used' | 'valid';

export function tokenState(token: EnrolToken, now: Date): TokenState {
  if (token.revoked) return 'revoked';
  if (new Date(token.expires) <= now) return 'expired';
  return token.uses_left > 0 ? 'valid' : 'used';
}

export function EnrolmentPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery(enrolTokensQuery);
  const tokens = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('agents:write');
  const [ask, confirmation] = useConfirm();
  const [isAdding, setAdding] = useState(false);
  const actions = useMemo<Action<EnrolToken>[]>(
    () => [
      {
        id: 'revoke',
        label: 'fleet.revoke',
        right: 'agents:write',
        single: true,
        dangerous: true,
        refusal: ([token]) => (token && tokenState(token, new Date()) !== 'valid' ? 'fleet.notValid' : undefined),
        run: ([token]) =>
          token &&
          ask({
            title: t('fleet.revokeTitle', { name: token.name }),
            body: t('fleet.revokeBody'),
            button: t('fleet.revoke'),
            run: async () => {
              await api.DELETE('/enrol-tokens/{id}', { params: { path: { id: token.id } } });
              await client.invalidateQueries({ queryKey: ['enrol-tokens'] });
            },
          }),
      },
    ],
    [ask, client, t],
  );
  const columns = useMemo<Column<EnrolToken>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <TokenStateDot token={row.original} /> },
      { id: 'uses', header: t('fleet.usesLeft'), cell: ({ row }) => row.original.uses_left },
      { id: 'created', header: t('fleet.created'), cell: ({ row }) => <Time value={row.original.created} /> },
      { id: 'expires', header: t('fleet.expires'), cell: ({ row }) => <Time value={row.original.expires} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('nav.fleet')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setAdding(true)}>
          {t('fleet.addToken')}
        </Button>
      </PageHeader>
      <FleetTabs />
      <DataTable label={t('fleet.enrolment')} query={query} items={tokens} columns={columns} rowId={(token) => token.id} empty={<Empty title={t('fleet.noTokens')}>{t('fleet.noneHint')}</Empty>} />
      {isAdding && <EnrolDialog close={() => setAdding(false)} />}
      {confirmation}
    </>
  );
}

const colors = { valid: stateColor.good, used: stateColor.idle, expired: stateColor.idle, revoked: stateColor.bad };

function TokenStateDot({ token }: { token: EnrolToken }) {
  const { t } = useTranslation();
  const state = tokenState(token, useClock());
  return <Dot color={colors[state]}>{t(`tokenState.${state}`)}</Dot>;
}
