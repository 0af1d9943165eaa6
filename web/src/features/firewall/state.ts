// What a host last said about its firewall.
import { z } from 'zod';
import type { Command } from '@/api/types';

const stateSchema = z.object({
  installed: z.boolean(),
  rules: z.number(),
  isolated: z.boolean(),
  awaits_manager: z.boolean(),
  rolled_back: z.boolean(),
  blocked: z.array(z.object({ address: z.string() })),
});
export type FirewallState = z.infer<typeof stateSchema> & { asOf: string };

/** From any of its commands: each is answered with the state. */
export function lastState(commands: readonly Command[]): FirewallState | undefined {
  for (const { module, state, output, finished } of commands) {
    if (module !== 'firewall' || state !== 'succeeded') continue;
    const answer = stateSchema.safeParse(output);
    if (answer.success) return { ...answer.data, asOf: finished ?? '' };
  }
  return undefined;
}
