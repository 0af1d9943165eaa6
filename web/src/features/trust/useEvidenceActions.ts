// What can be done with a record of the evidence register.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { Evidence } from '@/api/types';
import type { Action } from '@/lib/actions';
import { saveUrl } from '@/lib/download';
import { useConfirm } from '@/ui/confirm';

export function useEvidenceActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<Evidence>[]>(() => {
    const reload = () => client.invalidateQueries({ queryKey: ['trust'] });
    return [
      {
        id: 'review',
        label: 'evidence.review',
        right: 'trust:review',
        single: true,
        refusal: ([each]) => (each?.reviewed ? 'evidence.isReviewed' : undefined),
        run: ([each]) =>
          each &&
          ask({
            title: t('evidence.reviewTitle', { name: each.title }),
            body: t('evidence.reviewHelp'),
            button: t('evidence.review'),
            run: async () => {
              await bodyOf(api.POST('/trust/evidence/{id}/review', { params: { path: { id: each.id } } }));
              await reload();
            },
          }),
      },
      {
        id: 'download',
        label: 'evidence.download',
        right: 'trust:read',
        single: true,
        refusal: ([each]) => (each?.sha256 ? undefined : 'evidence.noDocument'),
        run: ([each]) => each && saveUrl(`/api/v1/trust/evidence/${each.id}/attachment`, each.title),
      },
      {
        id: 'delete',
        label: 'common.delete',
        right: 'trust:write',
        single: true,
        dangerous: true,
        run: ([each]) =>
          each &&
          ask({
            title: t('evidence.deleteTitle', { name: each.title }),
            body: t('evidence.deleteHelp'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/trust/evidence/{id}', { params: { path: { id: each.id }, header: ifMatch(each.etag) } });
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, t]);
  return [actions, confirmation] as const;
}
