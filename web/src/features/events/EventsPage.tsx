import { Button, Menu } from '@mantine/core';
import { IconArrowsSort, IconDownload, IconPlayerPause, IconPlayerPlay, IconRefresh, IconStack2 } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { apiBase } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { EventDrawer } from '@/features/events/EventDrawer';
import { EventList } from '@/features/events/EventList';
import classes from '@/features/events/Events.module.css';
import { Facets } from '@/features/events/Facets';
import { FoldedList } from '@/features/events/FoldedList';
import { Histogram } from '@/features/events/Histogram';
import { eventsPage, eventsQuery, exportUrl, foldedBy, type Selection } from '@/features/events/queries';
import { SearchBar } from '@/features/events/SearchBar';
import { TimeRange } from '@/features/events/TimeRange';
import { useLiveTail } from '@/features/events/useLiveTail';
import { useNow } from '@/features/events/useNow';
import { useSearchState } from '@/features/events/useSearchState';
import { readMatches } from '@/lib/bulk';
import { saveUrl } from '@/lib/download';
import { periodOf } from '@/lib/time';
import { PageHeader } from '@/ui/PageHeader';
import { SavedViews } from '@/ui/SavedViews';
import { useShortcuts } from '@/ui/useShortcuts';

export function EventsPage() {
  const { t, i18n } = useTranslation();
  const { search, change } = useSearchState();
  const input = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const isLive = search.live === '1';
  const [now, refresh] = useNow(() => !isLive && !search.from && (scroller.current?.scrollTop ?? 0) === 0);
  const { filter = '', range, from, to } = search;
  const selection = useMemo(() => ({ filter, ...periodOf({ range, from, to }, now) }), [filter, range, from, to, now]);
  const list = useInfiniteQuery(eventsQuery(selection, i18n.language, search.order ?? 'time'));
  const tail = useLiveTail(isLive, filter);
  const stored = list.data;
  const events = useMemo(() => {
    const pages = stored?.pages.flatMap((page) => page.items) ?? [];
    if (tail.events.length === 0) return pages;
    const live = new Set(tail.events.map((event) => event.id));
    return [...tail.events, ...pages.filter((event) => !live.has(event.id))];
  }, [stored, tail.events]);
  useShortcuts({ '/': () => input.current?.focus() });
  const readAll = useCallback((tell: (count: number) => void) => readMatches(eventsPage(selection, 1000), tell), [selection]);
  const open = (id: string | undefined) => change({ event: id });

  return (
    <div className={classes.page}>
      <PageHeader title={t('nav.events')}>
        <TimeRange />
        <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={refresh}>
          {t('common.refresh')}
        </Button>
        <Button
          size="xs"
          variant={isLive ? 'filled' : 'default'}
          aria-pressed={isLive}
          leftSection={isLive ? <IconPlayerPause size={14} /> : <IconPlayerPlay size={14} />}
          onClick={() => change(isLive ? { live: undefined } : { live: '1', from: undefined, to: undefined, order: undefined, fold: undefined })}
        >
          {t('events.live')}
        </Button>
        <ShownAs />
        <SavedViews page="events" />
        <ExportMenu selection={selection} />
      </PageHeader>
      <SearchBar input={input} problem={filterProblem(list.error)} />
      <Histogram selection={selection} />
      <div className={classes.columns}>
        <aside className={classes.side}>
          <Facets selection={selection} />
        </aside>
        {search.fold ? (
          <FoldedList selection={selection} by={search.fold} />
        ) : (
          <EventList query={list} events={events} tail={tail} isLive={isLive} openId={search.event} open={open} scroller={scroller} readAll={readAll} />
        )}
      </div>
      <EventDrawer id={search.event} known={events.find((each) => each.id === search.event)} close={() => open(undefined)} />
    </div>
  );
}

/** As a list by time or by rank, or with repeats folded. */
function ShownAs() {
  const { t } = useTranslation();
  const { search, change } = useSearchState();
  const { fold, order } = search;
  return (
    <>
      <Button
        size="xs"
        variant={fold ? 'filled' : 'default'}
        aria-pressed={fold !== undefined}
        leftSection={<IconStack2 size={14} />}
        onClick={() => change(fold ? { fold: undefined } : { fold: foldedBy, live: undefined })}
      >
        {t('events.fold')}
      </Button>
      <Button
        size="xs"
        variant={order ? 'filled' : 'default'}
        aria-pressed={order === 'rank'}
        leftSection={<IconArrowsSort size={14} />}
        onClick={() => change(order ? { order: undefined } : { order: 'rank', live: undefined, fold: undefined })}
      >
        {t('events.byRank')}
      </Button>
    </>
  );
}

/** What is wrong with the filter, when that is what the manager complains about. */
function filterProblem(error: unknown): string | undefined {
  if (!(error instanceof ProblemError) || error.status !== 400) return undefined;
  return error.problem.errors?.[0]?.detail ?? error.problem.detail;
}

function ExportMenu({ selection }: { selection: Selection }) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconDownload size={14} />}>
          {t('events.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => saveUrl(exportUrl(apiBase, selection, 'csv'), 'events.csv')}>CSV</Menu.Item>
        <Menu.Item onClick={() => saveUrl(exportUrl(apiBase, selection, 'jsonl'), 'events.jsonl')}>JSON Lines</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
