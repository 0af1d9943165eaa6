import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

export const alertStates = ['open', 'acknowledged', 'silenced', 'resolved', 'any'] as const;

/** The whole state of the page of alerts, as its address shows it. Without a state: all that are not resolved. */
export const alertsSearch = z.object({
  state: lenient(z.enum(alertStates)),
  severity: lenient(z.enum(['info', 'low', 'medium', 'high', 'critical'])),
  rule: lenient(z.string().check(z.maxLength(64))),
  alert: lenient(z.uuid()),
});
export type AlertsSearch = z.infer<typeof alertsSearch>;
