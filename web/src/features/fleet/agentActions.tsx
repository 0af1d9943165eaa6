// What can be done with agents: the same list in the row's menu, the bulk bar, the palette and on the agent's page.
import { IconChecks, IconFolderSymlink, IconRefresh, IconScale, IconStethoscope, IconTool, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey, ifMatch } from '@/api/client';
import type { Agent } from '@/api/types';
import { AssetValueDialog } from '@/features/fleet/AssetValueDialog';
import { AssignDialog } from '@/features/fleet/AssignDialog';
import { MaintenanceDialog } from '@/features/fleet/MaintenanceDialog';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { useRun } from '@/ui/useRun';

interface Wanted {
  module?: string;
  name: string;
}

const nameOf = (agent: Agent) => agent.hostname;
const post = (agent: Agent, command: Wanted) =>
  bodyOf(api.POST('/agents/{id}/commands', { params: { path: { id: agent.id }, header: idempotencyKey() }, body: command }));
const takeAway = (agent: Agent) => api.DELETE('/agents/{id}', { params: { path: { id: agent.id }, header: ifMatch(agent.etag) } });

/** Names of a few, a number for many. */
const shownNames = 5;

const isOffline = (agents: Agent[]) => (agents.some((agent) => agent.state !== 'online') ? 'fleet.mustBeOnline' as const : undefined);

/** More than this many hosts get a command only after a question. */
const unasked = 20;

export function useAgentActions(): { actions: Action<Agent>[]; dialogs: ReactNode } {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [run, running] = useRun();
  const [ask, confirmation] = useConfirm();
  const [assigned, setAssigned] = useState<Agent[]>();
  const [valued, setValued] = useState<Agent[]>();
  const [maintained, setMaintained] = useState<Agent>();

  const actions = useMemo<Action<Agent>[]>(() => {
    const settled = () => client.invalidateQueries({ queryKey: ['agents'] });
    const send = (action: Pick<Action<Agent>, 'id' | 'label' | 'icon'>, command: Wanted): Action<Agent> => ({
      ...action,
      right: 'commands:write',
      refusal: isOffline,
      run: (agents) => {
        const title = t(action.label);
        const go = () => run({ title, items: agents, nameOf, each: (agent) => post(agent, command), done: () => t('fleet.commandQueued'), settled });
        if (agents.length <= unasked) void go();
        else ask({ title, body: t('fleet.commandMany', { count: agents.length }), button: title, run: async () => void go() });
      },
    });
    const remove = (agents: Agent[]) =>
      ask({
        title: t('fleet.removeTitle', { name: agents.length > shownNames ? t('fleet.hosts', { count: agents.length }) : agents.map(nameOf).join(', ') }),
        body: t('fleet.removeBody'),
        button: t('fleet.remove'),
        run: async () => {
          void run({ title: t('fleet.remove'), items: agents, nameOf, each: takeAway, done: (count) => t('fleet.removed', { count }), settled });
        },
      });
    return [
      send({ id: 'self-test', label: 'fleet.selfTest', icon: IconChecks }, { name: 'self-test' }),
      send({ id: 'rescan', label: 'fleet.rescan', icon: IconRefresh }, { module: 'integrity', name: 'rescan' }),
      send({ id: 'diagnostics', label: 'fleet.diagnostics', icon: IconStethoscope }, { name: 'diagnostics' }),
      { id: 'assign', label: 'fleet.assign', icon: IconFolderSymlink, key: 'a', right: 'agents:write', run: setAssigned },
      { id: 'asset-value', label: 'fleet.assetValueAction', icon: IconScale, right: 'agents:write', run: setValued },
      { id: 'maintenance', label: 'fleet.maintenance', icon: IconTool, right: 'agents:write', single: true, run: ([agent]) => setMaintained(agent) },
      { id: 'remove', label: 'fleet.remove', icon: IconTrash, right: 'agents:write', dangerous: true, run: remove },
    ];
  }, [ask, client, run, t]);

  const dialogs = (
    <>
      {confirmation}
      {running}
      {assigned && <AssignDialog agents={assigned} run={run} close={() => setAssigned(undefined)} />}
      {valued && <AssetValueDialog agents={valued} run={run} close={() => setValued(undefined)} />}
      {maintained && <MaintenanceDialog agent={maintained} close={() => setMaintained(undefined)} />}
    </>
  );
  return { actions, dialogs };
}
