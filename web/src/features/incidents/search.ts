import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

export const incidentTabs = ['overview', 'timeline', 'tasks', 'sources', 'evidence', 'hosts', 'breach', 'closing'] as const;
export type IncidentTab = (typeof incidentTabs)[number];
export const incidentSearch = z.object({ tab: lenient(z.enum(incidentTabs)) });

export const incidentStates = ['declared', 'triaged', 'contained', 'eradicated', 'recovered', 'closed'] as const;

/** What the queue is narrowed by, as its address shows it. Without anything: all of it. */
export const queueSearch = z.object({
  state: lenient(z.enum(['active', ...incidentStates])),
  severity: lenient(z.enum(['info', 'low', 'medium', 'high', 'critical'])),
});
export type QueueSearch = z.infer<typeof queueSearch>;
