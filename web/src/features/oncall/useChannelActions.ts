// What can be done to a channel: each act with its right and why it may be refused.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { NoticeChannel } from '@/api/types';
import { useTrial } from '@/features/oncall/useChannels';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

export function useChannelActions(edit: (channel: NoticeChannel | undefined) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const tryOut = useTrial();
  const actions = useMemo<Action<NoticeChannel>[]>(() => {
    const reload = () => client.invalidateQueries({ queryKey: ['notice-channels'] });
    const setEnabled = async ({ id, etag }: NoticeChannel, enabled: boolean) => {
      try {
        await bodyOf(api.PATCH('/notice-channels/{id}', { params: { path: { id }, header: ifMatch(etag) }, body: { enabled } }));
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    return [
      { id: 'try', label: 'channels.try', right: 'notices:write', single: true, run: ([each]) => each && void tryOut([each.id]) },
      { id: 'edit', label: 'common.edit', right: 'notices:write', single: true, run: ([each]) => edit(each) },
      { id: 'enable', label: 'destinations.enable', right: 'notices:write', single: true, refusal: ([each]) => (each?.enabled ? 'destinations.isOn' : undefined), run: ([each]) => each && void setEnabled(each, true) },
      { id: 'disable', label: 'destinations.disable', right: 'notices:write', single: true, refusal: ([each]) => (each?.enabled ? undefined : 'destinations.isOff'), run: ([each]) => each && void setEnabled(each, false) },
      {
        id: 'delete',
        label: 'common.delete',
        right: 'notices:write',
        single: true,
        dangerous: true,
        run: ([each]) =>
          each &&
          ask({
            title: t('channels.deleteTitle', { name: each.name }),
            body: t('common.cannotUndo'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/notice-channels/{id}', { params: { path: { id: each.id }, header: ifMatch(each.etag) } });
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, edit, t, tryOut]);
  return [actions, confirmation] as const;
}
