import { Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Agent, ModuleState } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';
import { useWord } from '@/ui/words';

const agentColors = { online: stateColor.good, offline: stateColor.bad, 'never-connected': stateColor.idle };
const policyColors = { none: stateColor.idle, pending: stateColor.warn, applied: stateColor.good, failed: stateColor.bad };
/** Unknown is never shown as good. */
const moduleColors = { on: stateColor.good, off: stateColor.idle, degraded: stateColor.warn, unknown: stateColor.bad };

export function AgentState({ state }: { state: Agent['state'] }) {
  const { t } = useTranslation();
  return <Dot color={agentColors[state]}>{t(`agentState.${state}`)}</Dot>;
}

export function PolicyState({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const dot = <Dot color={policyColors[agent.policy_state]}>{t(`policyState.${agent.policy_state}`)}</Dot>;
  if (!agent.policy_error) return dot;
  return (
    <Tooltip label={agent.policy_error} multiline maw={400}>
      <span>{dot}</span>
    </Tooltip>
  );
}

export function ModuleBadge({ module, isNamed = true }: { module: ModuleState; isNamed?: boolean }) {
  const { t } = useTranslation();
  const word = useWord();
  const state = t(`moduleState.${module.state}`);
  return <Dot color={moduleColors[module.state]}>{isNamed ? `${word('module', module.module)}: ${state}` : state}</Dot>;
}
