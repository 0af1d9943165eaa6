import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { identityProvidersQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { IdentityProvider } from '@/api/types';
import { ProviderDialog } from '@/features/access/ProviderDialog';
import { isKind } from '@/features/access/providerForm';
import { useProviderActions } from '@/features/access/useProviderActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { userPages } from '@/ui/userPages';

/** Where the tenant's people are known from other than here. */
export function ProvidersPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(identityProvidersQuery);
  const providers = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('sso:write');
  const [edited, setEdited] = useState<IdentityProvider | 'new'>();
  const [actions, confirmation] = useProviderActions(setEdited);
  const columns = useMemo<Column<IdentityProvider>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'kind', header: t('providers.kind'), cell: ({ row }) => (isKind(row.original.kind) ? t(`providers.kinds.${row.original.kind}`) : row.original.kind) },
      { id: 'groups', header: t('providers.mappings'), cell: ({ row }) => row.original.mappings.length },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={row.original.enabled ? stateColor.good : stateColor.idle}>{t(row.original.enabled ? 'common.on' : 'common.off')}</Dot> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('providers.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('providers.add')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.users" tabs={userPages} />
      <DataTable label={t('providers.title')} query={query} items={providers} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('providers.none')} />} />
      {edited && <ProviderDialog provider={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
      {confirmation}
    </>
  );
}
