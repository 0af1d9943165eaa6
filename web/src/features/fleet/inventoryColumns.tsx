import { Text } from '@mantine/core';
import type { ParseKeys } from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { InventoryItem } from '@/api/types';
import type { InventoryKind } from '@/features/fleet/hostSearch';
import { attributeColumns } from '@/features/fleet/inventory';
import type { Column } from '@/ui/DataTable';
import { Ago } from '@/ui/Time';

const long = new Set(['command', 'location', 'executable', 'options', 'groups', 'members', 'image']);

/** Name, version where the kind has one, the kind's own attributes, and when it changed. */
export function useAttributeColumns(kind: InventoryKind): Column<InventoryItem>[] {
  const { t } = useTranslation();
  return useMemo(() => {
    const hasVersion = kind === 'packages' || kind === 'kernel-modules';
    return [
      { id: 'name', header: t('common.name'), cell: ({ row }) => <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>{row.original.name}</Text> },
      ...(hasVersion ? [{ id: 'version', header: t('inventory.version'), cell: ({ row }: { row: { original: InventoryItem } }) => row.original.version ?? '–' }] : []),
      ...attributeColumns[kind].map((key) => ({
        id: key,
        header: t(`inventory.attribute.${key}` as ParseKeys),
        cell: ({ row }: { row: { original: InventoryItem } }) => <Text size="xs" {...(long.has(key) ? { maw: 360, style: { overflowWrap: 'anywhere' as const } } : {})}>{row.original.attributes[key] ?? '–'}</Text>,
      })),
      { id: 'changed', header: t('inventory.changed'), cell: ({ row }: { row: { original: InventoryItem } }) => <Ago value={row.original.changed} /> },
    ];
  }, [kind, t]);
}
