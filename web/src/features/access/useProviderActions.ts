// What can be done to an identity provider: each act with its right and why it may be refused.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { IdentityProvider } from '@/api/types';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

export function useProviderActions(edit: (provider: IdentityProvider | undefined) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<IdentityProvider>[]>(() => {
    const reload = () => client.invalidateQueries({ queryKey: ['identity-providers'] });
    const setEnabled = async ({ id, etag }: IdentityProvider, enabled: boolean) => {
      try {
        await bodyOf(api.PATCH('/identity-providers/{id}', { params: { path: { id }, header: ifMatch(etag) }, body: { enabled } }));
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    const sync = async ({ id }: IdentityProvider) => {
      try {
        const { changed, left } = await bodyOf(api.POST('/identity-providers/{id}/sync', { params: { path: { id } }, body: { accept_leaving: false } }));
        notifyDone(t('providers.synced', { changed, left }));
      } catch (error) {
        notifyFailure(error);
      }
    };
    return [
      { id: 'edit', label: 'common.edit', right: 'sso:write', single: true, run: ([each]) => edit(each) },
      { id: 'sync', label: 'providers.sync', right: 'sso:write', single: true, refusal: ([each]) => (each?.kind === 'ldap' ? undefined : 'providers.onlyDirectory'), run: ([each]) => each && void sync(each) },
      { id: 'enable', label: 'providers.enable', right: 'sso:write', single: true, refusal: ([each]) => (each?.enabled ? 'providers.isOn' : undefined), run: ([each]) => each && void setEnabled(each, true) },
      { id: 'disable', label: 'providers.disable', right: 'sso:write', single: true, refusal: ([each]) => (each?.enabled ? undefined : 'providers.isOff'), run: ([each]) => each && void setEnabled(each, false) },
      {
        id: 'delete',
        label: 'common.delete',
        right: 'sso:write',
        single: true,
        dangerous: true,
        run: ([each]) =>
          each &&
          ask({
            title: t('providers.deleteTitle', { name: each.name }),
            body: t('common.cannotUndo'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/identity-providers/{id}', { params: { path: { id: each.id }, header: ifMatch(each.etag) } });
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, edit, t]);
  return [actions, confirmation] as const;
}
