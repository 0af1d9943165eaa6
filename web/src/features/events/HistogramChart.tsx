import { useComputedColorScheme } from '@mantine/core';
import { BarChart } from 'echarts/charts';
import { BrushComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { type ECharts, init, use as useParts } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { EventHistogram } from '@/api/types';
import { chartOption, periodOfBuckets, totalOf } from '@/features/events/chartOption';
import classes from '@/features/events/Events.module.css';
import { usePreferences } from '@/lib/preferences';

useParts([BarChart, BrushComponent, CanvasRenderer, GridComponent, TooltipComponent]);

interface BrushEnd {
  areas?: { coordRange?: [number, number] }[];
}

interface HistogramChartProps {
  histogram: EventHistogram;
  zoom: (from: string, to: string) => void;
}

function useChart(zoom: (first: number, last: number) => void) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(undefined);
  const onZoom = useRef(zoom);
  useEffect(() => {
    onZoom.current = zoom;
  }, [zoom]);
  useEffect(() => {
    if (!element.current) return undefined;
    const made = init(element.current);
    chart.current = made;
    made.on('brushEnd', (event) => {
      const range = (event as BrushEnd).areas?.[0]?.coordRange;
      made.dispatchAction({ type: 'brush', areas: [] });
      if (range) onZoom.current(range[0], range[1]);
    });
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = undefined;
    };
  }, []);
  return { element, chart };
}

export default function HistogramChart({ histogram, zoom }: HistogramChartProps) {
  const { t, i18n } = useTranslation();
  const { zone } = usePreferences();
  const scheme = useComputedColorScheme('light');
  const { element, chart } = useChart((first, last) => {
    const period = periodOfBuckets(histogram, first, last);
    if (period) zoom(...period);
  });
  useEffect(() => {
    const made = chart.current;
    if (!made) return;
    const look = {
      zone,
      text: scheme === 'dark' ? '#9aa5b1' : '#5b6570',
      line: scheme === 'dark' ? '#2c333a' : '#dfe3e8',
      label: (severity: 'info' | 'low' | 'medium' | 'high' | 'critical') => t(`severity.${severity}`),
    };
    made.setOption(chartOption(histogram, look), { notMerge: true });
    made.dispatchAction({
      type: 'takeGlobalCursor',
      key: 'brush',
      brushOption: { brushType: 'lineX', brushMode: 'single' },
    });
  }, [chart, histogram, zone, scheme, t]);
  return (
    <div
      ref={element}
      className={classes.chart}
      role="img"
      aria-label={t('events.histogram', { total: totalOf(histogram).toLocaleString(i18n.language) })}
    />
  );
}
