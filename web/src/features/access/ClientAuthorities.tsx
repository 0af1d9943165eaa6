import { Text } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { clientAuthoritiesQuery, userCertificatesQuery } from '@/api/queries';
import type { ClientAuthority } from '@/api/types';
import { CertificateSection } from '@/features/access/CertificateSection';
import { Until } from '@/features/access/Until';
import { revocationState } from '@/features/access/certificateState';
import { PemDialog } from '@/features/access/PemDialog';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';
import { useClock } from '@/ui/useClock';

const largestCertificate = 100_000;
const largestList = 1_000_000;

/** The authorities whose certificates the tenant takes, and their revocation lists. */
export function ClientAuthorities() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery(clientAuthoritiesQuery);
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [open, setOpen] = useState<ClientAuthority | 'new'>();
  const reload = () => client.invalidateQueries({ queryKey: clientAuthoritiesQuery.queryKey });
  const [actions, confirmation] = useAuthorityActions(setOpen);
  const columns = useMemo<Column<ClientAuthority>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'subject', header: t('certificates.subject'), cell: ({ row }) => <Text size="sm">{row.original.subject}</Text> },
      { id: 'until', header: t('certificates.until'), cell: ({ row }) => <Until value={row.original.not_after} /> },
      { id: 'revocations', header: t('certificates.revocations'), cell: ({ row }) => <Revocations authority={row.original} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <CertificateSection title={t('certificates.authorities')} help={t('certificates.authoritiesHelp')} add={t('certificates.addAuthority')} right="access-policy:write" open={() => setOpen('new')}>
      <DataTable label={t('certificates.authorities')} query={query} items={items} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('certificates.noAuthorities')} />} />
      {open === 'new' && (
        <PemDialog
          title={t('certificates.addAuthority')}
          label={t('certificates.certificate')}
          description={t('certificates.authorityPem')}
          largest={largestCertificate}
          named
          close={() => setOpen(undefined)}
          send={async ({ name, pem }) => {
            await bodyOf(api.POST('/client-authorities', { body: { name, certificate: pem } }));
            await reload();
          }}
        />
      )}
      {open !== undefined && open !== 'new' && (
        <PemDialog
          title={t('certificates.listOf', { name: open.name })}
          label={t('certificates.list')}
          description={t('certificates.listHelp')}
          largest={largestList}
          close={() => setOpen(undefined)}
          send={async ({ pem }) => {
            await bodyOf(api.PUT('/client-authorities/{id}/revocations', { params: { path: { id: open.id } }, body: { revocations: pem } }));
            await reload();
          }}
        />
      )}
      {confirmation}
    </CertificateSection>
  );
}

function useAuthorityActions(giveList: (authority: ClientAuthority | undefined) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<ClientAuthority>[]>(
    () => [
      { id: 'list', label: 'certificates.giveList', right: 'access-policy:write', single: true, run: ([each]) => giveList(each) },
      {
        id: 'remove',
        label: 'common.delete',
        right: 'access-policy:write',
        single: true,
        dangerous: true,
        run: ([each]) =>
          each &&
          ask({
            title: t('certificates.removeAuthority', { name: each.name }),
            body: t('certificates.endsSessions'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/client-authorities/{id}', { params: { path: { id: each.id } } });
              await client.invalidateQueries({ queryKey: clientAuthoritiesQuery.queryKey });
              await client.invalidateQueries({ queryKey: userCertificatesQuery.queryKey });
            },
          }),
      },
    ],
    [ask, client, giveList, t],
  );
  return [actions, confirmation] as const;
}

const colors = { none: stateColor.idle, fresh: stateColor.good, overdue: stateColor.bad };

function Revocations({ authority }: { authority: ClientAuthority }) {
  const { t } = useTranslation();
  const state = revocationState(authority, useClock());
  return (
    <>
      <Dot color={colors[state]}>{t(`certificates.listState.${state}`, { count: authority.revocations?.certificates ?? 0 })}</Dot>
      {authority.revocations && (
        <Text size="xs" c="dimmed">
          {t('certificates.nextList')} <Time value={authority.revocations.next} />
        </Text>
      )}
    </>
  );
}
