import type { PageTab } from '@/ui/PageTabs';

export const incidentTabsOfPage: readonly PageTab[] = [
  ['/incidents', 'incidents.queue'],
  ['/incidents/times', 'incidents.times'],
  ['/incidents/settings', 'incidents.settings'],
];
