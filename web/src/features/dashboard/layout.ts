// What a dashboard is made of, and the moves that arranging it consists of. Nothing here changes what it is given.
import type { DashboardTab, DashboardWidget } from '@/api/types';

export const widgetKinds = ['hosts', 'severities', 'modules', 'top-hosts', 'top-rules', 'top-types', 'actions', 'alerts', 'destinations', 'updates'] as const;
export type WidgetKind = DashboardWidget['kind'];

export const maxTabs = 12;
export const maxWidgets = 40;

const widgets = (...kinds: WidgetKind[]): DashboardWidget[] => kinds.map((kind) => ({ kind, wide: false }));

export const emptyTab = (name: string): DashboardTab => ({ name, range: '24h', filter: '', group_id: null, widgets: widgets('severities', 'top-types') });

/** What everybody starts with: today's protection, and the week in the events. */
export const defaultTabs = (today: string, week: string): DashboardTab[] => [
  { name: today, range: '24h', filter: '', group_id: null, widgets: widgets('hosts', 'alerts', 'severities', 'modules', 'top-hosts', 'top-rules', 'destinations', 'updates') },
  { name: week, range: '7d', filter: 'severity >= medium', group_id: null, widgets: widgets('severities', 'modules', 'actions', 'top-hosts', 'top-rules', 'top-types') },
];

/** `list` with the item at `from` standing at `to`, which is brought within the list. */
export function moved<Item>(list: readonly Item[], from: number, to: number): Item[] {
  const item = list[from];
  if (item === undefined) return [...list];
  const rest = list.filter((_, index) => index !== from);
  rest.splice(Math.max(0, Math.min(to, rest.length)), 0, item);
  return rest;
}

export const replaced = <Item,>(list: readonly Item[], at: number, change: Partial<Item>): Item[] => list.map((item, index) => (index === at ? { ...item, ...change } : item));
export const removed = <Item,>(list: readonly Item[], at: number): Item[] => list.filter((_, index) => index !== at);
