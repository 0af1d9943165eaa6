// The histogram as an ECharts option: kept apart from the drawing so that it can be tested.
import type { EChartsCoreOption } from 'echarts/core';
import { type EventHistogram, severities, type Severity } from '@/api/types';
import { formatTime, type ZoneChoice } from '@/lib/time';
import { severityColor } from '@/ui/theme';

export interface ChartLook {
  zone: ZoneChoice;
  text: string;
  line: string;
  label: (severity: Severity) => string;
}

/** The period that the buckets `first` to `last` cover. */
export function periodOfBuckets(histogram: EventHistogram, first: number, last: number): [string, string] | undefined {
  const { buckets, interval_s } = histogram;
  const start = buckets[Math.max(0, Math.min(first, last))];
  const end = buckets[Math.min(buckets.length - 1, Math.max(first, last))];
  if (!start || !end) return undefined;
  return [new Date(start.time).toISOString(), new Date(new Date(end.time).getTime() + interval_s * 1000).toISOString()];
}

export function totalOf(histogram: EventHistogram): number {
  return histogram.buckets.reduce((sum, bucket) => sum + Object.values(bucket.counts).reduce((a, b) => a + b, 0), 0);
}

export function chartOption(histogram: EventHistogram, look: ChartLook): EChartsCoreOption {
  const isLong = histogram.interval_s * histogram.buckets.length > 2 * 86_400;
  const [start, end] = isLong ? [5, 10] : [11, histogram.interval_s < 60 ? 19 : 16];
  const shown = (time: string) => formatTime(time, look.zone);
  return {
    animation: false,
    textStyle: { color: look.text, fontFamily: 'inherit' },
    grid: { left: 48, right: 8, top: 8, bottom: 22 },
    // Drawn on the canvas: as HTML it would need inline styles, which the content security policy refuses.
    tooltip: { trigger: 'axis', renderMode: 'richText', confine: true, axisPointer: { type: 'shadow' } },
    brush: {
      xAxisIndex: 0,
      brushLink: 'none',
      outOfBrush: { colorAlpha: 0.35 },
      throttleType: 'debounce',
      brushStyle: { color: 'rgba(84,138,193,0.2)', borderColor: 'rgba(84,138,193,0.8)' },
    },
    toolbox: { show: false },
    xAxis: {
      type: 'category',
      data: histogram.buckets.map((bucket) => shown(bucket.time)),
      axisLine: { lineStyle: { color: look.line } },
      axisTick: { show: false },
      axisLabel: {
        color: look.text,
        fontSize: 11,
        hideOverlap: true,
        formatter: (label: string) => label.slice(start, end),
      },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitNumber: 3,
      axisLabel: { color: look.text, fontSize: 11 },
      splitLine: { lineStyle: { color: look.line } },
    },
    series: [...severities].toReversed().map((severity) => ({
      name: look.label(severity),
      type: 'bar',
      stack: 'events',
      barCategoryGap: '12%',
      itemStyle: { color: severityColor[severity] },
      data: histogram.buckets.map((bucket) => bucket.counts[severity] ?? 0),
    })),
  };
}
