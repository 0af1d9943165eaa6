import { Group, Select, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useAttributeColumns } from '@/features/fleet/inventoryColumns';
import { type InventoryKind, inventoryKinds } from '@/features/fleet/hostSearch';
import { agentItemsQuery, inventoryQuery } from '@/features/fleet/inventory';
import { Recommendations } from '@/features/fleet/Recommendations';
import { SearchBox } from '@/features/fleet/SearchBox';
import { DataTable } from '@/ui/DataTable';
import { Empty, Gate } from '@/ui/States';
import { Ago } from '@/ui/Time';

const route = getRouteApi('/app/fleet/$agentId');

/** What one host has, one kind at a time. */
export function InventoryTab({ agentId }: { agentId: string }) {
  const { t, i18n } = useTranslation();
  const { kind = 'packages', q } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(inventoryQuery(agentId));
  const lists = query.data?.lists ?? [];
  const list = lists.find((each) => each.kind === kind);
  const counts = new Map(lists.map((each) => [each.kind, each.items.toLocaleString(i18n.language)]));
  const label = (each: InventoryKind) => (counts.has(each) ? `${t(`inventory.kind.${each}`)} (${counts.get(each)})` : t(`inventory.kind.${each}`));
  return (
    <Gate query={query}>
      {lists.length === 0 ? (
        <Empty title={t('inventory.none')}>{t('inventory.noneHint')}</Empty>
      ) : (
        <Stack gap="md">
          <Recommendations agentId={agentId} />
          <Group gap="xs">
            <Select
              size="xs"
              w={220}
              allowDeselect={false}
              aria-label={t('inventory.kindLabel')}
              value={kind}
              onChange={(next) => void navigate({ search: (before) => ({ ...before, kind: inventoryKinds.find((each) => each === next), q: undefined }), replace: true })}
              data={inventoryKinds.map((each) => ({ value: each, label: label(each) }))}
            />
            <SearchBox key={kind} label={t('inventory.search')} value={q ?? ''} onChange={(text) => void navigate({ search: (before) => ({ ...before, q: text || undefined }), replace: true })} />
            {list && (
              <Text size="xs" c="dimmed">
                {t('inventory.received')} <Ago value={list.received} />
              </Text>
            )}
          </Group>
          <Items agentId={agentId} kind={kind} q={q} />
        </Stack>
      )}
    </Gate>
  );
}

function Items({ agentId, kind, q }: { agentId: string; kind: InventoryKind; q: string | undefined }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(agentItemsQuery(agentId, kind, q));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const columns = useAttributeColumns(kind);
  return <DataTable label={t(`inventory.kind.${kind}`)} query={query} items={items} columns={columns} rowId={(item) => item.key} empty={<Empty title={q ? t('inventory.noneMatch') : t('inventory.emptyKind')} />} />;
}
