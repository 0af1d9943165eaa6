import { expect, it } from 'vitest';
import type { EventHistogram } from '@/api/types';
import { chartOption, periodOfBuckets, totalOf } from '@/features/events/chartOption';

const histogram: EventHistogram = {
  interval_s: 60,
  buckets: [
    { time: '2026-11-22T00:00:00Z', counts: { high: 2 } },
    { time: '2026-11-22T00:01:00Z', counts: { info: 1, low: 3 } },
    { time: '2026-11-22T00:02:00Z', counts: {} },
  ],
};

it('gives the period of buckets, whichever way they were dragged over', () => {
  const period = ['2026-11-22T00:01:00.000Z', '2026-11-22T00:03:00.000Z'];
  expect(periodOfBuckets(histogram, 1, 2)).toEqual(period);
  expect(periodOfBuckets(histogram, 9, 1)).toEqual(period);
  expect(periodOfBuckets({ interval_s: 1, buckets: [] }, 0, 0)).toBeUndefined();
});

it('counts all severities', () => {
  expect(totalOf(histogram)).toBe(6);
});

it.each([
  [10, 3, '00:01:00'],
  [60, 3, '00:01'],
  [86_400, 30, '11-22'],
])('labels the axis as finely as its buckets of %i s', (interval_s, length, expected) => {
  const bucket = { time: '2026-11-22T00:01:00Z', counts: {} };
  const buckets = Array.from({ length }, () => bucket);
  const option = chartOption({ interval_s, buckets }, { zone: 'UTC', text: '', line: '', label: (severity) => severity });
  const axis = option.xAxis as { data: string[]; axisLabel: { formatter: (label: string) => string } };
  expect(axis.axisLabel.formatter(axis.data[0] ?? '')).toBe(expected);
});

it('draws one series a severity, on the canvas alone', () => {
  const option = chartOption(histogram, { zone: 'UTC', text: '#000', line: '#ccc', label: (severity) => severity });
  expect((option.series as { name: string; data: number[] }[]).map((each) => [each.name, each.data])).toEqual([
    ['info', [0, 1, 0]],
    ['low', [0, 3, 0]],
    ['medium', [0, 0, 0]],
    ['high', [2, 0, 0]],
    ['critical', [0, 0, 0]],
  ]);
  expect((option.tooltip as { renderMode: string }).renderMode).toBe('richText');
});
