import { Code } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUserName } from '@/api/actors';
import { api } from '@/api/client';
import { userCertificatesQuery } from '@/api/queries';
import type { UserCertificate } from '@/api/types';
import { CertificateSection } from '@/features/access/CertificateSection';
import { Until } from '@/features/access/Until';
import { UserCertificateDialog } from '@/features/access/UserCertificateDialog';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

const shownDigits = 16;

/** Which certificate is whose. */
export function UserCertificates() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(userCertificatesQuery);
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const nameOf = useUserName();
  const [isAdding, setAdding] = useState(false);
  const [actions, confirmation] = useCertificateActions();
  const columns = useMemo<Column<UserCertificate>[]>(
    () => [
      { id: 'user', header: t('certificates.user'), cell: ({ row }) => nameOf(row.original.user_id) },
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'fingerprint', header: t('certificates.fingerprint'), cell: ({ row }) => <Code title={row.original.fingerprint}>{row.original.fingerprint.slice(0, shownDigits)}…</Code> },
      { id: 'until', header: t('certificates.until'), cell: ({ row }) => <Until value={row.original.not_after} /> },
      { id: 'added', header: t('certificates.added'), cell: ({ row }) => <Time value={row.original.added} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, nameOf, actions],
  );
  return (
    <CertificateSection title={t('certificates.ofUsers')} help={t('certificates.ofUsersHelp')} add={t('certificates.addToUser')} right="users:write" open={() => setAdding(true)}>
      <DataTable label={t('certificates.ofUsers')} query={query} items={items} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('certificates.noneOfUsers')} />} />
      {isAdding && <UserCertificateDialog close={() => setAdding(false)} />}
      {confirmation}
    </CertificateSection>
  );
}

function useCertificateActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<UserCertificate>[]>(
    () => [
      {
        id: 'remove',
        label: 'common.delete',
        right: 'users:write',
        single: true,
        dangerous: true,
        run: ([each]) =>
          each &&
          ask({
            title: t('certificates.removeOfUser', { name: each.name }),
            body: t('certificates.endsSessions'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/user-certificates/{id}', { params: { path: { id: each.id } } });
              await client.invalidateQueries({ queryKey: userCertificatesQuery.queryKey });
            },
          }),
      },
    ],
    [ask, client, t],
  );
  return [actions, confirmation] as const;
}
