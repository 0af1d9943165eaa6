import type { PageTab } from '@/ui/PageTabs';

export const reportPages: readonly PageTab[] = [
  ['/reports', 'reports.title'],
  ['/reports/deliveries', 'deliveries.title'],
];
