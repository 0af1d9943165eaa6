// What can be done to something of the on-call duty that is switched on and off: each act with its right and why it may
// be refused.
import { useQueryClient } from '@tanstack/react-query';
import type { ParseKeys, TFunction } from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useTrial } from '@/features/oncall/useChannels';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

interface Switched {
  name: string;
  enabled: boolean;
}

/** Made once, outside of components. */
export interface SwitchedKind<Item extends Switched> {
  queryKey: string;
  setEnabled: (item: Item, enabled: boolean) => Promise<unknown>;
  remove: (item: Item) => Promise<unknown>;
  channelsOf: (item: Item) => string[];
  /** Why it cannot be tried without a channel. */
  noChannel: ParseKeys;
  deleteTitle: (t: TFunction, name: string) => string;
  deleteHelp: ParseKeys;
}

export function useSwitchedActions<Item extends Switched>(kind: SwitchedKind<Item>, edit: (item: Item | undefined) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const tryOut = useTrial();
  const actions = useMemo<Action<Item>[]>(() => {
    const reload = () => client.invalidateQueries({ queryKey: [kind.queryKey] });
    const setEnabled = async (item: Item, enabled: boolean) => {
      try {
        await kind.setEnabled(item, enabled);
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    return [
      { id: 'try', label: 'channels.try', right: 'notices:write', single: true, refusal: ([each]) => (each && kind.channelsOf(each).length > 0 ? undefined : kind.noChannel), run: ([each]) => each && void tryOut(kind.channelsOf(each)) },
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
            title: kind.deleteTitle(t, each.name),
            body: t(kind.deleteHelp),
            button: t('common.delete'),
            run: async () => {
              await kind.remove(each);
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, edit, kind, t, tryOut]);
  return [actions, confirmation] as const;
}
