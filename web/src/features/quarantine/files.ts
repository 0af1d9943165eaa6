// What an agent says about its quarantine.
import { z } from 'zod/mini';
import type { Command } from '@/api/types';

const fileSchema = z.object({ id: z.string(), time: z.string(), signature: z.string(), bytes: z.number(), path: z.string(), sha256: z.string() });
const answerSchema = z.object({ files: z.array(fileSchema), count: z.number(), unreadable: z.number(), bytes: z.number() });
export type QuarantinedFile = z.infer<typeof fileSchema>;
export type Quarantine = z.infer<typeof answerSchema> & { asOf: string };

/** The last list that the agent gave, among its commands, newest first. */
export function lastQuarantine(commands: readonly Command[]): Quarantine | undefined {
  for (const { module, name, state, output, finished } of commands) {
    if (module !== 'anti-malware' || name !== 'quarantine-list' || state !== 'succeeded') continue;
    const answer = answerSchema.safeParse(output);
    if (answer.success) return { ...answer.data, asOf: finished ?? '' };
  }
  return undefined;
}

/** What an approval for a file is asked for. */
export const objectOf = (agentId: string, fileId: string) => `agent:${agentId}:${fileId}`;
