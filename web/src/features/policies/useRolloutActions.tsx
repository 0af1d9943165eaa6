import { IconArrowBackUp, IconPlayerPause, IconPlayerPlay, IconPlayerTrackNext } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import type { ParseKeys } from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import type { Rollout } from '@/api/types';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyFailure } from '@/ui/notify';

type Step = 'pause' | 'resume' | 'advance' | 'back-out';

const unless = (...states: Rollout['state'][]) => ([rollout]: Rollout[]): ParseKeys | undefined =>
  rollout && !states.includes(rollout.state) ? 'rollouts.notNow' : undefined;

/** What can be done with a roll-out: pausing is undone by going on; what reaches hosts is asked about. */
export function useRolloutActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<Rollout>[]>(() => {
    const take = async (rollout: Rollout, step: Step) => {
      await bodyOf(api.POST('/rollouts/{id}/steps', { params: { path: { id: rollout.id }, header: idempotencyKey() }, body: { step } }));
      await client.invalidateQueries({ queryKey: ['policies'] });
    };
    const now = (step: Step) => ([rollout]: Rollout[]) => rollout && void take(rollout, step).catch(notifyFailure);
    const asking = (step: 'advance' | 'back-out') => ([rollout]: Rollout[]) =>
      rollout && ask({ title: t(`rollouts.steps.${step}`), body: t(`rollouts.ask.${step}`), button: t(`rollouts.steps.${step}`), run: () => take(rollout, step) });
    const common = { right: 'policies:write', single: true } as const;
    return [
      { ...common, id: 'pause', label: 'rollouts.steps.pause', icon: IconPlayerPause, refusal: unless('running'), run: now('pause') },
      { ...common, id: 'resume', label: 'rollouts.steps.resume', icon: IconPlayerPlay, refusal: unless('paused'), run: now('resume') },
      { ...common, id: 'advance', label: 'rollouts.steps.advance', icon: IconPlayerTrackNext, refusal: unless('running', 'paused'), run: asking('advance') },
      { ...common, id: 'back-out', label: 'rollouts.steps.back-out', icon: IconArrowBackUp, dangerous: true, refusal: unless('running', 'paused'), run: asking('back-out') },
    ];
  }, [ask, client, t]);
  return [actions, confirmation] as const;
}
