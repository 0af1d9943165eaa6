import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

export const incidentTabs = ['overview', 'timeline', 'tasks', 'sources', 'evidence', 'hosts', 'breach', 'closing'] as const;
export type IncidentTab = (typeof incidentTabs)[number];
export const incidentSearch = z.object({ tab: lenient(z.enum(incidentTabs)) });
