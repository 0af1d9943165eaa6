// What can be done to a heartbeat: each act with its right and why it may be refused.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { AlertHeartbeat } from '@/api/types';
import { useTrial } from '@/features/oncall/useChannels';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

export function useHeartbeatActions(edit: (heartbeat: AlertHeartbeat | undefined) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const tryOut = useTrial();
  const actions = useMemo<Action<AlertHeartbeat>[]>(() => {
    const reload = () => client.invalidateQueries({ queryKey: ['alert-heartbeats'] });
    const setEnabled = async ({ id, etag }: AlertHeartbeat, enabled: boolean) => {
      try {
        await bodyOf(api.PATCH('/alert-heartbeats/{id}', { params: { path: { id }, header: ifMatch(etag) }, body: { enabled } }));
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    return [
      { id: 'try', label: 'channels.try', right: 'notices:write', single: true, run: ([each]) => each && void tryOut([each.channel]) },
      { id: 'edit', label: 'common.edit', right: 'alerts:write', single: true, run: ([each]) => edit(each) },
      { id: 'enable', label: 'destinations.enable', right: 'alerts:write', single: true, refusal: ([each]) => (each?.enabled ? 'destinations.isOn' : undefined), run: ([each]) => each && void setEnabled(each, true) },
      { id: 'disable', label: 'destinations.disable', right: 'alerts:write', single: true, refusal: ([each]) => (each?.enabled ? undefined : 'destinations.isOff'), run: ([each]) => each && void setEnabled(each, false) },
      {
        id: 'delete',
        label: 'common.delete',
        right: 'alerts:write',
        single: true,
        dangerous: true,
        run: ([each]) =>
          each &&
          ask({
            title: t('heartbeats.deleteTitle', { name: each.name }),
            body: t('heartbeats.deleteHelp'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/alert-heartbeats/{id}', { params: { path: { id: each.id }, header: ifMatch(each.etag) } });
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, edit, t, tryOut]);
  return [actions, confirmation] as const;
}
