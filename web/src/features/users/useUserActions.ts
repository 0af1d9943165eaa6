// What can be done to a user: each act with its right and why it may be refused.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { sessionQuery } from '@/api/queries';
import type { ResetLink, User } from '@/api/types';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

export function useUserActions(edit: (user: User | undefined) => void, show: (link: ResetLink, name: string) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useQuery(sessionQuery).data?.user.id;
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<User>[]>(() => {
    const notMe = ([user]: User[]) => (user?.id === me ? ('users.notYourself' as const) : undefined);
    const reload = () => client.invalidateQueries({ queryKey: ['users'] });
    const setDisabled = async (user: User, disabled: boolean) => {
      try {
        await bodyOf(api.PATCH('/users/{id}', { params: { path: { id: user.id }, header: ifMatch(user.etag) }, body: { disabled } }));
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    const makeLink = async (user: User) => {
      try {
        show(await bodyOf(api.POST('/users/{id}/password-reset', { params: { path: { id: user.id } } })), user.username);
      } catch (error) {
        notifyFailure(error);
      }
    };
    return [
      { id: 'edit', label: 'common.edit', right: 'users:write', single: true, run: ([user]) => edit(user) },
      { id: 'enable', label: 'users.enable', right: 'users:write', single: true, refusal: ([user]) => (user?.disabled ? undefined : 'users.isActive'), run: ([user]) => user && void setDisabled(user, false) },
      { id: 'disable', label: 'users.disable', right: 'users:write', single: true, refusal: ([user]) => (user?.disabled ? 'users.isDisabled' : notMe(user ? [user] : [])), run: ([user]) => user && void setDisabled(user, true) },
      { id: 'link', label: 'users.makeLink', right: 'users:write', single: true, refusal: notMe, run: ([user]) => user && void makeLink(user) },
      {
        id: 'factor',
        label: 'users.resetFactor',
        right: 'users:write',
        single: true,
        dangerous: true,
        refusal: notMe,
        run: ([user]) =>
          user &&
          ask({
            title: `${t('users.resetFactor')}: ${user.username}`,
            body: t('common.cannotUndo'),
            button: t('users.resetFactor'),
            run: async () => {
              await api.DELETE('/users/{id}/second-factor', { params: { path: { id: user.id } } });
            },
          }),
      },
      {
        id: 'compromised',
        label: 'users.compromised',
        right: 'users:write',
        single: true,
        dangerous: true,
        refusal: notMe,
        run: ([user]) =>
          user &&
          ask({
            title: t('users.compromisedTitle', { name: user.username }),
            body: t('users.compromisedHelp'),
            button: t('users.compromised'),
            run: async () => {
              const link = await bodyOf(api.POST('/users/{id}/compromised', { params: { path: { id: user.id } } }));
              await reload();
              show(link, user.username);
            },
          }),
      },
      {
        id: 'delete',
        label: 'common.delete',
        right: 'users:write',
        single: true,
        dangerous: true,
        refusal: notMe,
        run: ([user]) =>
          user &&
          ask({
            title: t('users.deleteTitle', { name: user.username }),
            body: t('common.cannotUndo'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/users/{id}', { params: { path: { id: user.id }, header: ifMatch(user.etag) } });
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, edit, me, show, t]);
  return [actions, confirmation] as const;
}
