// A plain table of things with its four states. Long lists of events have their own, virtual one.
import { Button, Center, Checkbox, Table } from '@mantine/core';
import { type ColumnDef, type RowData, tableFeatures, useTable } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from '@/ui/DataTable.module.css';
import { Gate, type Loadable } from '@/ui/States';
import type { Selection } from '@/ui/useSelection';

const features = tableFeatures({});
export type Column<Item extends RowData> = ColumnDef<typeof features, Item>;

/** Rows that can be selected, and the one that the keys are at. */
export interface RowSelection<Item> extends Selection<Item> {
  active: Item | undefined;
  nameOf: (item: Item) => string;
}

interface DataTableProps<Item extends RowData> {
  label: string;
  query: Loadable & { hasNextPage?: boolean; fetchNextPage?: () => unknown; isFetchingNextPage?: boolean };
  /** Stable between renders. */
  items: Item[];
  columns: Column<Item>[];
  rowId: (item: Item) => string;
  empty: ReactNode;
  selection?: RowSelection<Item>;
}

export function DataTable<Item extends RowData>({ label, query, items, columns, rowId, empty, selection }: DataTableProps<Item>) {
  const { t } = useTranslation();
  const table = useTable({ features, columns, data: items, getRowId: rowId });
  return (
    <Gate query={query}>
      {items.length === 0 ? (
        empty
      ) : (
        <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': label, role: 'group' } }}>
          <Table className={classes.table} verticalSpacing={6} highlightOnHover aria-label={label}>
            <Table.Thead>
              {table.getHeaderGroups().map((group) => (
                <Table.Tr key={group.id}>
                  {selection && (
                    <Table.Th scope="col" w={34}>
                      <Checkbox
                        size="xs"
                        aria-label={t('bulk.selectShown')}
                        checked={selection.selected.length === items.length}
                        indeterminate={selection.selected.length > 0 && selection.selected.length < items.length}
                        onChange={selection.toggleAll}
                      />
                    </Table.Th>
                  )}
                  {group.headers.map((header) => (
                    <Table.Th key={header.id} scope="col">
                      <table.FlexRender header={header} />
                    </Table.Th>
                  ))}
                </Table.Tr>
              ))}
            </Table.Thead>
            <Table.Tbody>
              {table.getRowModel().rows.map((row) => (
                <Table.Tr key={row.id} data-row={row.id} data-active={(selection && selection.active === row.original) || undefined}>
                  {selection && (
                    <Table.Td>
                      <Checkbox
                        size="xs"
                        aria-label={t('bulk.select', { name: selection.nameOf(row.original) })}
                        checked={selection.isSelected(row.original)}
                        onChange={() => selection.toggle(row.original)}
                      />
                    </Table.Td>
                  )}
                  {row.getAllCells().map((cell) => (
                    <Table.Td key={cell.id}>
                      <table.FlexRender cell={cell} />
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {query.hasNextPage && (
        <Center p="sm">
          <Button variant="default" size="xs" loading={query.isFetchingNextPage ?? false} onClick={() => query.fetchNextPage?.()}>
            {t('common.more')}
          </Button>
        </Center>
      )}
    </Gate>
  );
}
