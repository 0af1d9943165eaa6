import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import classes from '@/features/events/Events.module.css';
import { histogramQuery, type Selection } from '@/features/events/queries';
import { useSearchState } from '@/features/events/useSearchState';
import { Problem } from '@/ui/Problem';

const HistogramChart = lazy(() => import('@/features/events/HistogramChart'));

/** Counts over time; dragging over the bars zooms into that time. */
export function Histogram({ selection }: { selection: Selection }) {
  const query = useQuery(histogramQuery(selection));
  const { change } = useSearchState();
  if (query.isError) return <Problem error={query.error} retry={() => query.refetch()} />;
  const placeholder = <Skeleton h="100%" radius={0} />;
  return (
    <div className={classes.histogram}>
      {query.data ? (
        <Suspense fallback={placeholder}>
          <HistogramChart histogram={query.data} zoom={(from, to) => change({ from, to, range: undefined, live: undefined })} />
        </Suspense>
      ) : (
        placeholder
      )}
    </div>
  );
}
