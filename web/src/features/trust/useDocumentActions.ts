// What can be done about a request for a document.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { DocumentRequest } from '@/api/types';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';

const isOpen = ({ state }: DocumentRequest) => state === 'approved' || state === 'accepted';

export function useDocumentActions(approve: (request: DocumentRequest) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<DocumentRequest>[]>(() => {
    const question = (each: DocumentRequest, act: 'refuse' | 'revoke') =>
      ask({
        title: t(`documents.${act}Title`, { number: each.number }),
        body: t(`documents.${act}Help`),
        button: t(`documents.${act}`),
        run: async () => {
          await bodyOf(api.POST(`/trust/requests/{id}/${act}`, { params: { path: { id: each.id } } }));
          await client.invalidateQueries({ queryKey: ['trust'] });
        },
      });
    return [
      { id: 'approve', label: 'documents.approve', right: 'trust:release', single: true, refusal: ([each]) => (each?.state === 'asked' ? undefined : 'documents.isDecided'), run: ([each]) => each && approve(each) },
      { id: 'refuse', label: 'documents.refuse', right: 'trust:release', single: true, refusal: ([each]) => (each?.state === 'asked' ? undefined : 'documents.isDecided'), run: ([each]) => each && question(each, 'refuse') },
      { id: 'revoke', label: 'documents.revoke', right: 'trust:release', single: true, dangerous: true, refusal: ([each]) => (each && isOpen(each) ? undefined : 'documents.noLink'), run: ([each]) => each && question(each, 'revoke') },
    ];
  }, [approve, ask, client, t]);
  return [actions, confirmation] as const;
}
