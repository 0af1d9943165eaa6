import { Anchor, Button, Group, Select, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { InventoryItem, InventoryVersion } from '@/api/types';
import { FleetTabs } from '@/features/fleet/FleetTabs';
import { type InventoryKind, inventoryKinds } from '@/features/fleet/hostSearch';
import { hostsQuery, versionsQuery } from '@/features/fleet/inventory';
import { useAttributeColumns } from '@/features/fleet/inventoryColumns';
import { SearchBox } from '@/features/fleet/SearchBox';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';

const route = getRouteApi('/app/fleet/software');

/** What the whole fleet has: names and versions with the number of hosts, and behind each the hosts. */
export function SoftwarePage() {
  const { t } = useTranslation();
  const { kind = 'packages', q, name, version } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageHeader title={t('nav.fleet')} />
      <FleetTabs />
      {name ? (
        <Hosts kind={kind} name={name} version={version} />
      ) : (
        <>
          <Group gap="xs" mb="xs">
            <Select
              size="xs"
              w={220}
              allowDeselect={false}
              aria-label={t('inventory.kindLabel')}
              value={kind}
              onChange={(next) => void navigate({ search: (before) => ({ ...before, kind: inventoryKinds.find((each) => each === next) }), replace: true })}
              data={inventoryKinds.map((each) => ({ value: each, label: t(`inventory.kind.${each}`) }))}
            />
            <SearchBox label={t('inventory.search')} value={q ?? ''} onChange={(text) => void navigate({ search: (before) => ({ ...before, q: text || undefined }), replace: true })} />
          </Group>
          <Versions kind={kind} q={q} />
        </>
      )}
    </>
  );
}

function Versions({ kind, q }: { kind: InventoryKind; q: string | undefined }) {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(versionsQuery(kind, q));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const columns = useMemo<Column<InventoryVersion>[]>(
    () => [
      {
        id: 'name',
        header: t('common.name'),
        cell: ({ row: { original } }) => (
          <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/fleet/software" search={{ kind, q, name: original.name, version: original.version ?? undefined }} />}>
            {original.name}
          </Anchor>
        ),
      },
      { id: 'version', header: t('inventory.version'), cell: ({ row }) => row.original.version ?? '–' },
      { id: 'hosts', header: t('inventory.hosts'), cell: ({ row }) => row.original.hosts.toLocaleString(i18n.language) },
    ],
    [t, i18n.language, kind, q],
  );
  return <DataTable label={t(`inventory.kind.${kind}`)} query={query} items={items} columns={columns} rowId={(item) => `${item.name}\n${item.version ?? ''}`} empty={<Empty title={q ? t('inventory.noneMatch') : t('inventory.emptyKind')} />} />;
}

function Hosts({ kind, name, version }: { kind: InventoryKind; name: string; version: string | undefined }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(hostsQuery(kind, name, version));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const attributes = useAttributeColumns(kind);
  const columns = useMemo<Column<InventoryItem>[]>(
    () => [
      {
        id: 'host',
        header: t('fleet.host'),
        cell: ({ row: { original } }) => (
          <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/fleet/$agentId" params={{ agentId: original.agent_id }} search={{ tab: 'inventory', kind }} />}>
            {original.hostname}
          </Anchor>
        ),
      },
      ...attributes,
    ],
    [t, attributes, kind],
  );
  return (
    <>
      <Group gap="sm" mb="xs">
        <Title order={2} size="h5">
          {name} {version}
        </Title>
        <Button size="compact-xs" variant="default" renderRoot={(props) => <Link {...props} to="/fleet/software" search={(before: object) => ({ ...before, name: undefined, version: undefined })} />}>
          {t('inventory.back')}
        </Button>
      </Group>
      <DataTable label={t('inventory.hosts')} query={query} items={items} columns={columns} rowId={(item) => `${item.agent_id}/${item.key}`} empty={<Empty title={t('inventory.noneMatch')} />} />
    </>
  );
}
