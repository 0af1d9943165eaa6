// What can be done about a person's request: the steps of its clock, and the data itself.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { SubjectErasure, SubjectRequest, SubjectRequestStep } from '@/api/types';
import type { Action } from '@/lib/actions';
import { saveText } from '@/lib/download';
import { useConfirm } from '@/ui/confirm';
import { notifyDone, notifyFailure } from '@/ui/notify';

export type Step = SubjectRequestStep['step'];

const at = ({ id }: SubjectRequest) => ({ params: { path: { id } } });
const isClosed = (request: SubjectRequest | undefined) => (request?.closed ? 'subjects.isClosed' : undefined);

export function useSubjectActions(say: (request: SubjectRequest, step: Step) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<SubjectRequest>[]>(() => {
    const reload = () => client.invalidateQueries({ queryKey: ['subject-requests'] });
    const download = async (request: SubjectRequest) => {
      try {
        const data = await bodyOf(api.POST('/subject-requests/{id}/export', at(request)));
        saveText(`subject-${request.id}.json`, 'application/json', JSON.stringify(data, undefined, 2));
        if (!data.complete) notifyDone(t('subjects.exportCut'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    /** So many at a time; asked again until all is done. What the last answer says is the receipt. */
    const erase = async (request: SubjectRequest) => {
      const receipts: SubjectErasure[] = [];
      do receipts.push(await bodyOf(api.POST('/subject-requests/{id}/erasures', at(request))));
      while (receipts.at(-1)?.complete === false && (receipts.at(-1)?.events ?? 0) > 0);
      saveText(`erasure-${request.id}.json`, 'application/json', JSON.stringify(receipts, undefined, 2));
      notifyDone(t('subjects.erased', { count: receipts.reduce((sum, each) => sum + each.events, 0) }));
      await reload();
    };
    const step = (id: Step): Action<SubjectRequest> => ({ id, label: `subjects.steps.${id}`, right: 'subjects:write', single: true, refusal: ([each]) => isClosed(each), run: ([each]) => each && say(each, id) });
    return [
      { ...step('check-identity'), refusal: ([each]) => isClosed(each) ?? (each?.identity_checked ? 'subjects.isChecked' : undefined) },
      { id: 'export', label: 'subjects.export', right: 'subjects:write', single: true, refusal: ([each]) => (each?.identity_checked ? undefined : 'subjects.notChecked'), run: ([each]) => each && void download(each) },
      {
        id: 'erase',
        label: 'subjects.erase',
        right: 'subjects:write',
        single: true,
        dangerous: true,
        refusal: ([each]) => isClosed(each) ?? (each?.right === 'erasure' ? undefined : 'subjects.isNoErasure') ?? (each?.identity_checked ? undefined : 'subjects.notChecked'),
        run: ([each]) => each && ask({ title: t('subjects.eraseTitle', { name: each.person }), body: t('subjects.eraseHelp'), button: t('subjects.erase'), run: () => erase(each) }),
      },
      { ...step('extend'), refusal: ([each]) => isClosed(each) ?? (each?.extended ? 'subjects.isExtended' : undefined) },
      step('complete'),
      step('refuse'),
    ];
  }, [ask, client, say, t]);
  return [actions, confirmation] as const;
}
