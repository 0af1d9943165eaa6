// What can be done to a heartbeat.
import { api, bodyOf, ifMatch } from '@/api/client';
import type { AlertHeartbeat } from '@/api/types';
import { type SwitchedKind, useSwitchedActions } from '@/features/oncall/useSwitchedActions';

const at = ({ id, etag }: AlertHeartbeat) => ({ path: { id }, header: ifMatch(etag) });

const kind: SwitchedKind<AlertHeartbeat> = {
  queryKey: 'alert-heartbeats',
  setEnabled: (item, enabled) => bodyOf(api.PATCH('/alert-heartbeats/{id}', { params: at(item), body: { enabled } })),
  remove: (item) => api.DELETE('/alert-heartbeats/{id}', { params: at(item) }),
  channelsOf: ({ channel }) => [channel],
  noChannel: 'alertRoutes.noChannel',
  deleteTitle: (t, name) => t('heartbeats.deleteTitle', { name }),
  deleteHelp: 'heartbeats.deleteHelp',
};

export const useHeartbeatActions = (edit: (item: AlertHeartbeat | undefined) => void) => useSwitchedActions(kind, edit);
