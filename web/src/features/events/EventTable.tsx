import { Center, Loader } from '@mantine/core';
import { rowSelectionFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Event } from '@/api/types';
import { useEventActions } from '@/features/events/actions';
import { EventRow } from '@/features/events/EventRow';
import classes from '@/features/events/Events.module.css';
import { BulkBar, type ReadAll } from '@/ui/BulkBar';
import { useRowKeys } from '@/ui/useRowKeys';

const features = tableFeatures({ rowSelectionFeature });
const columns = [{ id: 'event', accessorFn: (event: Event) => event.id }];
const rowHeight = 32;

interface EventTableProps {
  events: Event[];
  hasMore: boolean;
  isFetchingMore: boolean;
  fetchMore: () => void;
  open: (id: string) => void;
  openId: string | undefined;
  scroller: RefObject<HTMLDivElement | null>;
  readAll: ReadAll<Event>;
}

export function EventTable({ events, hasMore, isFetchingMore, fetchMore, open, openId, scroller, readAll }: EventTableProps) {
  const { t } = useTranslation();
  const table = useTable({ features, columns, data: events, getRowId: (event) => event.id });
  const rows = table.getRowModel().rows;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
  });
  const active = useRowKeys(rows.length, {
    show: (index) => virtualizer.scrollToIndex(index),
    open: (index) => rows[index] && open(rows[index].id),
    toggle: (index) => rows[index]?.toggleSelected(),
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const fetching = useRef(fetchMore);
  useEffect(() => {
    fetching.current = fetchMore;
  }, [fetchMore]);
  useEffect(() => {
    if (hasMore && !isFetchingMore && last >= rows.length - 30) fetching.current();
  }, [hasMore, isFetchingMore, last, rows.length]);

  // The same function for as long as the table is there: rows that stay are not drawn anew while others scroll in.
  const latest = useRef(table);
  useEffect(() => {
    latest.current = table;
  }, [table]);
  const toggle = useCallback((id: string) => latest.current.getRow(id).toggleSelected(), []);

  const chosen = table.state.rowSelection;
  const selected = useMemo(() => events.filter((event) => chosen[event.id]), [events, chosen]);
  const { actions, dialogs } = useEventActions();

  return (
    <>
      <BulkBar
        label={t('events.bulk')}
        actions={actions}
        selected={selected}
        active={events[active]}
        idOf={(event) => event.id}
        nameOf={(event) => event.title}
        clear={() => table.resetRowSelection(true)}
        readAll={readAll}
      />
      {dialogs}
      <div ref={scroller} className={classes.scroller} role="region" aria-label={t('events.list')} tabIndex={0}>
        <div role="grid" aria-label={t('events.list')} aria-rowcount={rows.length + 1} aria-multiselectable>
          <HeaderRow />
          <div role="rowgroup" className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
            {items.map((item) => {
              const row = rows[item.index];
              if (!row) return null;
              return (
                <EventRow
                  key={row.id}
                  event={row.original}
                  index={item.index}
                  offset={item.start}
                  isActive={item.index === active || row.id === openId}
                  isSelected={row.getIsSelected()}
                  toggle={toggle}
                  open={open}
                />
              );
            })}
          </div>
        </div>
        {isFetchingMore && (
          <Center p="xs">
            <Loader size="xs" type="dots" />
          </Center>
        )}
      </div>
    </>
  );
}

function HeaderRow() {
  const { t } = useTranslation();
  return (
    <div role="rowgroup" className={classes.head}>
      <div role="row" aria-rowindex={1} className={classes.row}>
        <span role="columnheader">
          <span className={classes.hidden}>{t('events.select')}</span>
        </span>
        <span role="columnheader">{t('field.time')}</span>
        <span role="columnheader">{t('field.severity')}</span>
        <span role="columnheader" className={classes.wide}>{t('field.host')}</span>
        <span role="columnheader">{t('events.event')}</span>
        <span role="columnheader" className={classes.wide}>{t('field.module')}</span>
        <span role="columnheader" className={classes.wide}>{t('field.action')}</span>
        <span role="columnheader" className={`${classes.rank} ${classes.wide}`}>{t('field.rank')}</span>
        <span role="columnheader" className={classes.wide}>{t('events.tags')}</span>
      </div>
    </div>
  );
}
