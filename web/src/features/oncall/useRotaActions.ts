// What can be done to a rota: each act with its right.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ifMatch } from '@/api/client';
import type { Rota } from '@/api/types';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';

export function useRotaActions(edit: (rota: Rota | undefined) => void, standIn: (rota: Rota | undefined) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<Rota>[]>(
    () => [
      { id: 'stand-in', label: 'rotas.standIn', right: 'rotas:write', single: true, run: ([rota]) => standIn(rota) },
      { id: 'edit', label: 'common.edit', right: 'rotas:write', single: true, run: ([rota]) => edit(rota) },
      {
        id: 'delete',
        label: 'common.delete',
        right: 'rotas:write',
        single: true,
        dangerous: true,
        run: ([rota]) =>
          rota &&
          ask({
            title: t('rotas.deleteTitle', { name: rota.name }),
            body: t('common.cannotUndo'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/rotas/{id}', { params: { path: { id: rota.id }, header: ifMatch(rota.etag) } });
              await client.invalidateQueries({ queryKey: ['rotas'] });
            },
          }),
      },
    ],
    [ask, client, edit, standIn, t],
  );
  return [actions, confirmation] as const;
}
