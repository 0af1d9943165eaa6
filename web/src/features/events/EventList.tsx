import { Anchor, Group, Text } from '@mantine/core';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Event } from '@/api/types';
import classes from '@/features/events/Events.module.css';
import { EventTable } from '@/features/events/EventTable';
import type { LiveTail } from '@/features/events/useLiveTail';
import { useSearchState } from '@/features/events/useSearchState';
import type { ReadAll } from '@/ui/BulkBar';
import { Dot } from '@/ui/Dot';
import { Problem } from '@/ui/Problem';
import { Empty, Gate, type Loadable } from '@/ui/States';
import { stateColor } from '@/ui/theme';

interface EventListProps {
  query: Loadable & { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  events: Event[];
  tail: LiveTail;
  isLive: boolean;
  openId: string | undefined;
  open: (id: string) => void;
  scroller: RefObject<HTMLDivElement | null>;
  readAll: ReadAll<Event>;
}

export function EventList({ query, events, tail, isLive, openId, open, scroller, readAll }: EventListProps) {
  return (
    <section className={classes.main}>
      {isLive && <LiveState tail={tail} />}
      <Gate query={query}>
        {events.length === 0 ? (
          <NoEvents isLive={isLive} />
        ) : (
          <EventTable
            events={events}
            hasMore={query.hasNextPage}
            isFetchingMore={query.isFetchingNextPage}
            fetchMore={() => void query.fetchNextPage()}
            open={open}
            openId={openId}
            scroller={scroller}
            readAll={readAll}
          />
        )}
      </Gate>
    </section>
  );
}

function LiveState({ tail }: { tail: LiveTail }) {
  const { t } = useTranslation();
  if (tail.state === 'refused') return <Problem error={tail.error} />;
  return (
    <Group gap="md" className={classes.live ?? ''} role="status">
      <Text size="xs" component="span">
        <Dot color={tail.state === 'live' ? stateColor.good : stateColor.warn}>
          {tail.state === 'live' ? t('events.liveOn', { count: tail.events.length }) : t('events.liveConnecting')}
        </Dot>
      </Text>
      {tail.dropped > 0 && <Text size="xs">{t('events.liveDropped', { count: tail.dropped })}</Text>}
    </Group>
  );
}

function NoEvents({ isLive }: { isLive: boolean }) {
  const { t } = useTranslation();
  const { search, change } = useSearchState();
  if (isLive) return <Empty title={t('events.liveWaiting')}>{t('events.liveHint')}</Empty>;
  return (
    <Empty title={t('events.none')}>
      <Text size="sm">{search.filter ? t('events.noneFiltered') : t('events.noneYet')}</Text>
      <Group gap="md" justify="center" mt={6}>
        {search.filter && (
          <Anchor component="button" type="button" size="sm" onClick={() => change({ filter: undefined })}>
            {t('events.clear')}
          </Anchor>
        )}
        <Anchor component="button" type="button" size="sm" onClick={() => change({ range: '30d', from: undefined, to: undefined })}>
          {t('events.widen')}
        </Anchor>
      </Group>
    </Empty>
  );
}
