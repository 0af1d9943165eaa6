import type { PageTab } from '@/ui/PageTabs';

/** The pages about alerts and whom they call. */
export const alertPages: readonly PageTab[] = [
  ['/alerts', 'nav.alerts'],
  ['/alerts/rules', 'alertRules.title'],
  ['/alerts/silences', 'silences.title'],
  ['/alerts/routes', 'alertRoutes.title'],
  ['/alerts/on-call', 'rotas.title'],
  ['/alerts/channels', 'channels.title'],
  ['/alerts/heartbeats', 'heartbeats.title'],
];
