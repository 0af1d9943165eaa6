// What can be done to a destination: each act with its right and why it may be refused.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { Destination } from '@/api/types';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

export function useDestinationActions(edit: (destination: Destination | undefined) => void, showLetters: (destination: Destination | undefined) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<Destination>[]>(() => {
    const reload = () => client.invalidateQueries({ queryKey: ['destinations'] });
    const path = (id: string) => ({ params: { path: { id } } });
    const setEnabled = async ({ id, etag }: Destination, enabled: boolean) => {
      try {
        await bodyOf(api.PATCH('/destinations/{id}', { params: { path: { id }, header: ifMatch(etag) }, body: { enabled } }));
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    const tryOut = async ({ id }: Destination) => {
      try {
        const trial = await bodyOf(api.POST('/destinations/{id}/trial', path(id)));
        if (trial.arrived) notifyDone(t('destinations.arrived'));
        else notifyFailure(new Error(trial.error ?? ''));
      } catch (error) {
        notifyFailure(error);
      }
    };
    return [
      { id: 'try', label: 'destinations.try', right: 'destinations:write', single: true, run: ([each]) => each && void tryOut(each) },
      { id: 'letters', label: 'destinations.letters', right: 'destinations:read', single: true, refusal: ([each]) => (each?.state.refused ? undefined : 'destinations.noLetters'), run: ([each]) => showLetters(each) },
      { id: 'edit', label: 'common.edit', right: 'destinations:write', single: true, run: ([each]) => edit(each) },
      { id: 'enable', label: 'destinations.enable', right: 'destinations:write', single: true, refusal: ([each]) => (each?.enabled ? 'destinations.isOn' : undefined), run: ([each]) => each && void setEnabled(each, true) },
      { id: 'disable', label: 'destinations.disable', right: 'destinations:write', single: true, refusal: ([each]) => (each?.enabled ? undefined : 'destinations.isOff'), run: ([each]) => each && void setEnabled(each, false) },
      {
        id: 'delete',
        label: 'common.delete',
        right: 'destinations:write',
        single: true,
        dangerous: true,
        run: ([each]) =>
          each &&
          ask({
            title: t('destinations.deleteTitle', { name: each.name }),
            body: t('destinations.deleteHelp', { count: each.state.backlog }),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/destinations/{id}', { params: { path: { id: each.id }, header: ifMatch(each.etag) } });
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, edit, showLetters, t]);
  return [actions, confirmation] as const;
}
