// What can be done about alerts: the same list in the row's menu, the bulk bar and the drawer.
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { Alert } from '@/api/types';
import { SilenceDialog } from '@/features/alerts/SilenceDialog';
import type { Action } from '@/lib/actions';
import { notifyDone, notifyFailure } from '@/ui/notify';

const refuseResolved = (alerts: Alert[]) => (alerts.some((each) => each.state === 'resolved') ? 'alerts.isResolved' : undefined);
const refuseAcknowledged = (alerts: Alert[]) => refuseResolved(alerts) ?? (alerts.every((each) => each.state === 'acknowledged') ? 'alerts.isAcknowledged' : undefined);

export function useAlertActions(): { actions: Action<Alert>[]; dialogs: ReactNode } {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [silenced, setSilenced] = useState<Alert>();
  const actions = useMemo<Action<Alert>[]>(() => {
    const each = async (alerts: Alert[], act: (id: string) => Promise<unknown>) => {
      try {
        await Promise.all(alerts.map(({ id }) => act(id)));
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await client.invalidateQueries({ queryKey: ['alerts'] });
    };
    const acknowledge = (id: string) => bodyOf(api.POST('/alerts/{id}/acknowledge', { params: { path: { id } } }));
    const resolve = (id: string) => bodyOf(api.POST('/alerts/{id}/resolve', { params: { path: { id } } }));
    return [
      { id: 'acknowledge', label: 'alerts.acknowledge', right: 'alerts:work', refusal: refuseAcknowledged, run: (alerts) => void each(alerts, acknowledge) },
      { id: 'resolve', label: 'alerts.resolve', right: 'alerts:work', refusal: refuseResolved, run: (alerts) => void each(alerts, resolve) },
      { id: 'silence', label: 'alerts.silence', right: 'alerts:work', single: true, run: ([alert]) => setSilenced(alert) },
      {
        id: 'events',
        label: 'alerts.showEvents',
        right: 'events:read',
        single: true,
        refusal: ([alert]) => (alert?.events.length ? undefined : 'alerts.noEvents'),
        run: ([alert]) => alert && void navigate({ to: '/events', search: { range: '30d', filter: alert.events.map((id) => `id = "${id}"`).join(' or ') } }),
      },
    ];
  }, [client, navigate, t]);
  const dialogs = silenced && <SilenceDialog alert={silenced} close={() => setSilenced(undefined)} />;
  return { actions, dialogs };
}
