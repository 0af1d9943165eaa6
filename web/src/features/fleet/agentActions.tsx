// What can be done with agents: the same list in the table's row menu and on the agent's page.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey, ifMatch } from '@/api/client';
import type { Agent } from '@/api/types';
import { AssignDialog } from '@/features/fleet/AssignDialog';
import { MaintenanceDialog } from '@/features/fleet/MaintenanceDialog';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

interface Wanted {
  module?: string;
  name: string;
}

function useCommand() {
  const client = useQueryClient();
  const { t } = useTranslation();
  return useMutation({
    mutationFn: async ({ agents, command }: { agents: Agent[]; command: Wanted }) => {
      for (const agent of agents) {
        await bodyOf(
          api.POST('/agents/{id}/commands', { params: { path: { id: agent.id }, header: idempotencyKey() }, body: command }),
        );
      }
    },
    onSuccess: () => notifyDone(t('fleet.commandQueued')),
    onError: notifyFailure,
    onSettled: () => client.invalidateQueries({ queryKey: ['agents'] }),
  });
}

const isOffline = (agents: Agent[]) => (agents.some((agent) => agent.state !== 'online') ? 'fleet.mustBeOnline' as const : undefined);

export function useAgentActions(): { actions: Action<Agent>[]; dialogs: ReactNode } {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { mutate: command } = useCommand();
  const [ask, confirmation] = useConfirm();
  const [assigned, setAssigned] = useState<Agent>();
  const [maintained, setMaintained] = useState<Agent>();

  const actions = useMemo<Action<Agent>[]>(() => {
    const send = (id: string, label: Action<Agent>['label'], wanted: Wanted): Action<Agent> => ({
      id,
      label,
      right: 'commands:write',
      refusal: isOffline,
      run: (agents) => command({ agents, command: wanted }),
    });
    const remove = (agents: Agent[]) =>
      ask({
        title: t('fleet.removeTitle', { name: agents.map((agent) => agent.hostname).join(', ') }),
        body: t('fleet.removeBody'),
        button: t('fleet.remove'),
        run: async () => {
          for (const agent of agents) {
            await api.DELETE('/agents/{id}', { params: { path: { id: agent.id }, header: ifMatch(agent.etag) } });
          }
          await client.invalidateQueries({ queryKey: ['agents'] });
        },
      });
    return [
      send('self-test', 'fleet.selfTest', { name: 'self-test' }),
      send('rescan', 'fleet.rescan', { module: 'integrity', name: 'rescan' }),
      send('diagnostics', 'fleet.diagnostics', { name: 'diagnostics' }),
      { id: 'assign', label: 'fleet.assign', right: 'agents:write', single: true, run: ([agent]) => setAssigned(agent) },
      { id: 'maintenance', label: 'fleet.maintenance', right: 'agents:write', single: true, run: ([agent]) => setMaintained(agent) },
      { id: 'remove', label: 'fleet.remove', right: 'agents:write', dangerous: true, run: remove },
    ];
  }, [ask, client, command, t]);

  const dialogs = (
    <>
      {confirmation}
      {assigned && <AssignDialog agent={assigned} close={() => setAssigned(undefined)} />}
      {maintained && <MaintenanceDialog agent={maintained} close={() => setMaintained(undefined)} />}
    </>
  );
  return { actions, dialogs };
}
