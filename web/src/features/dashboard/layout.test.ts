import { expect, test } from 'vitest';
import { defaultTabs, maxWidgets, moved, removed, replaced, widgetKinds } from '@/features/dashboard/layout';

test('an item moves, and never out of its list', () => {
  const cases: [number, number, string][] = [
    [0, 2, 'bca'],
    [2, 0, 'cab'],
    [1, 1, 'abc'],
    [0, -1, 'abc'],
    [2, 9, 'abc'],
    [9, 0, 'abc'],
  ];
  for (const [from, to, order] of cases) expect(moved([...'abc'], from, to).join('')).toBe(order);
});

test('changing and removing leaves the rest as it was', () => {
  const tabs = defaultTabs('Today', 'Week');
  expect(replaced(tabs, 1, { name: 'Mine' }).map((tab) => tab.name)).toEqual(['Today', 'Mine']);
  expect(removed(tabs, 0).map((tab) => tab.name)).toEqual(['Week']);
  expect(tabs.map((tab) => tab.name)).toEqual(['Today', 'Week']);
});

test('the first dashboard is one that the manager takes', () => {
  for (const tab of defaultTabs('Today', 'Week')) {
    expect(tab.widgets.length).toBeLessThanOrEqual(maxWidgets);
    for (const { kind } of tab.widgets) expect(widgetKinds).toContain(kind);
  }
});
