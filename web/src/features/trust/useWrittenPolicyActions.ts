// What can be done about a written policy: each act with its right and why it may be refused.
import { IconBookmark, IconCheckbox, IconFilePlus, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey, ifMatch } from '@/api/client';
import { sessionQuery } from '@/api/queries';
import type { WrittenPolicy } from '@/api/types';
import { isOwn, isText, isWaiting } from '@/features/trust/writtenPolicies';
import type { Action } from '@/lib/actions';
import { saveUrl } from '@/lib/download';
import { useConfirm } from '@/ui/confirm';
import { notifyDone } from '@/ui/notify';

interface Ways {
  read: (policy: WrittenPolicy) => void;
  fileVersion: (policy: WrittenPolicy) => void;
  withdrawn?: () => void;
}

const nothing = () => undefined;

/** `ways` keeps what opens a dialog; stable between renders. */
export function useWrittenPolicyActions({ read, fileVersion, withdrawn = nothing }: Ways) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useQuery(sessionQuery).data?.user.username;
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<WrittenPolicy>[]>(() => {
    const reload = () => Promise.all([client.invalidateQueries({ queryKey: ['trust', 'policies'] }), client.invalidateQueries({ queryKey: ['own-policies'] })]);
    const open = (policy: WrittenPolicy) => (isText(policy.newest) ? read(policy) : saveUrl(`/api/v1/trust/policies/${policy.id}/document`, `${policy.newest.title}.pdf`));
    const review = (policy: WrittenPolicy) =>
      ask({
        title: t('writtenPolicies.reviewTitle', { title: policy.newest.title, number: policy.newest.number }),
        body: t('writtenPolicies.reviewHelp'),
        button: t('writtenPolicies.review'),
        run: async () => {
          await bodyOf(api.POST('/trust/policies/{id}/review', { params: { path: { id: policy.id }, header: idempotencyKey() }, body: { version: policy.newest.number } }));
          notifyDone(t('writtenPolicies.nowInForce'));
          await reload();
        },
      });
    const withdraw = (policy: WrittenPolicy) =>
      ask({
        title: t('writtenPolicies.withdrawTitle', { title: policy.newest.title }),
        body: t('writtenPolicies.withdrawHelp'),
        button: t('writtenPolicies.withdraw'),
        run: async () => {
          await api.DELETE('/trust/policies/{id}', { params: { path: { id: policy.id }, header: ifMatch(policy.etag) } });
          withdrawn();
          await reload();
        },
      });
    const refusesReview = (policy: WrittenPolicy | undefined) => {
      if (!policy || !isWaiting(policy)) return 'writtenPolicies.isReviewed';
      return isOwn(policy.newest, me) ? 'writtenPolicies.isOwn' : undefined;
    };
    return [
      { id: 'read', label: 'writtenPolicies.read', icon: IconBookmark, right: 'trust:read', single: true, run: ([policy]) => policy && open(policy) },
      { id: 'review', label: 'writtenPolicies.review', icon: IconCheckbox, key: 'a', right: 'trust:review', single: true, refusal: ([policy]) => refusesReview(policy), run: ([policy]) => policy && review(policy) },
      { id: 'version', label: 'writtenPolicies.fileVersion', icon: IconFilePlus, right: 'trust:write', single: true, run: ([policy]) => policy && fileVersion(policy) },
      { id: 'withdraw', label: 'writtenPolicies.withdraw', icon: IconTrash, right: 'trust:write', single: true, dangerous: true, run: ([policy]) => policy && withdraw(policy) },
    ];
  }, [ask, client, fileVersion, me, read, t, withdrawn]);
  return [actions, confirmation] as const;
}
