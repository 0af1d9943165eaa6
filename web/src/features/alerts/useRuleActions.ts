// What can be done to a rule: each act with its right and why it may be refused.
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { AlertRule } from '@/api/types';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

export function useRuleActions(edit: (edited: { rule: AlertRule; isCopy: boolean }) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<AlertRule>[]>(() => {
    const reload = () => client.invalidateQueries({ queryKey: ['alert-rules'] });
    const setEnabled = async ({ id, etag }: AlertRule, enabled: boolean) => {
      try {
        await bodyOf(api.PATCH('/alert-rules/{id}', { params: { path: { id }, header: ifMatch(etag) }, body: { enabled } }));
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    return [
      { id: 'edit', label: 'common.edit', right: 'alerts:write', single: true, run: ([rule]) => rule && edit({ rule, isCopy: false }) },
      { id: 'copy', label: 'alertRules.copy', right: 'alerts:write', single: true, run: ([rule]) => rule && edit({ rule, isCopy: true }) },
      {
        id: 'past',
        label: 'alertRules.past',
        right: 'events:read',
        single: true,
        refusal: ([rule]) => (rule?.filter ? undefined : 'alertRules.noFilter'),
        run: ([rule]) => rule && void navigate({ to: '/events', search: { range: '7d', filter: rule.filter } }),
      },
      { id: 'alerts', label: 'alertRules.alerts', single: true, run: ([rule]) => rule && void navigate({ to: '/alerts', search: { state: 'any', rule: rule.id } }) },
      { id: 'enable', label: 'destinations.enable', right: 'alerts:write', single: true, refusal: ([rule]) => (rule?.enabled ? 'destinations.isOn' : undefined), run: ([rule]) => rule && void setEnabled(rule, true) },
      { id: 'disable', label: 'destinations.disable', right: 'alerts:write', single: true, refusal: ([rule]) => (rule?.enabled ? undefined : 'destinations.isOff'), run: ([rule]) => rule && void setEnabled(rule, false) },
      {
        id: 'delete',
        label: 'alertRules.reset',
        right: 'alerts:write',
        single: true,
        dangerous: true,
        run: ([rule]) =>
          rule &&
          ask({
            title: t('alertRules.resetTitle', { name: rule.name }),
            body: t(rule.built_in ? 'alertRules.resetHelp' : 'common.cannotUndo'),
            button: t('alertRules.reset'),
            run: async () => {
              await api.DELETE('/alert-rules/{id}', { params: { path: { id: rule.id }, header: ifMatch(rule.etag) } });
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, edit, navigate, t]);
  return [actions, confirmation] as const;
}
