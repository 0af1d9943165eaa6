// Asking an agent to do something, and its answer.
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { pagedQuery, withCursor } from '@/api/queries';
import type { Command } from '@/api/types';

interface Asked {
  module: string;
  name: string;
  arguments?: Record<string, unknown>;
}

/** The last commands of an agent, newest first. */
export const recentCommandsQuery = (agentId: string) => ({
  ...pagedQuery(['agents', 'commands', agentId, 'recent'], (cursor) =>
    bodyOf(api.GET('/agents/{id}/commands', { params: { path: { id: agentId }, query: withCursor(cursor, 100) } })),
  ),
  enabled: agentId !== '',
});

const isOver = ({ state }: Command) => state !== 'queued' && state !== 'sent';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks and waits for the answer; fails with what the agent says, or when it says nothing for `seconds`. */
export async function askAgent(agentId: string, asked: Asked, approvalId?: string, seconds = 60): Promise<Command> {
  const path = { id: agentId };
  const query = approvalId ? { approval_id: approvalId } : {};
  let command = await bodyOf(api.POST('/agents/{id}/commands', { params: { path, query, header: idempotencyKey() }, body: asked }));
  for (let step = 0; !isOver(command) && step < seconds; step += 1) {
    await pause(step < 10 ? 300 : 1_000);
    const { items } = await bodyOf(api.GET('/agents/{id}/commands', { params: { path, query: { limit: 20 } } }));
    command = items.find((each) => each.id === command.id) ?? command;
  }
  if (command.state !== 'succeeded') throw new ProblemError({ type: 'about:blank', title: command.error ?? command.state, status: 409, code: command.state, detail: command.error ?? command.state });
  return command;
}
