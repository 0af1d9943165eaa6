import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

export const agentStates = ['online', 'offline', 'never-connected'] as const;

export const protections = ['none', 'degraded'] as const;

export const fleetSearch = z.object({
  state: lenient(z.enum(agentStates)),
  group: lenient(z.uuid()),
  protection: lenient(z.enum(protections)),
  smart: lenient(z.uuid()),
  filter: lenient(z.string().check(z.maxLength(8192))),
  host: lenient(z.string().check(z.maxLength(255))),
});
export type FleetSearch = z.infer<typeof fleetSearch>;
