// What can be done to a route.
import { api, bodyOf, ifMatch } from '@/api/client';
import type { AlertRoute } from '@/api/types';
import { type SwitchedKind, useSwitchedActions } from '@/features/oncall/useSwitchedActions';

const at = ({ id, etag }: AlertRoute) => ({ path: { id }, header: ifMatch(etag) });

const kind: SwitchedKind<AlertRoute> = {
  queryKey: 'alert-routes',
  setEnabled: (item, enabled) => bodyOf(api.PATCH('/alert-routes/{id}', { params: at(item), body: { enabled } })),
  remove: (item) => api.DELETE('/alert-routes/{id}', { params: at(item) }),
  channelsOf: ({ channels }) => channels,
  noChannel: 'alertRoutes.noChannel',
  deleteTitle: (t, name) => t('alertRoutes.deleteTitle', { name }),
  deleteHelp: 'common.cannotUndo',
};

export const useRouteActions = (edit: (item: AlertRoute | undefined) => void) => useSwitchedActions(kind, edit);
