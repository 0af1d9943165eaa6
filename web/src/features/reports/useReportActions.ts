// What can be done to a report: each act with its right and why it may be refused. Switching on and off can be taken back.
import { IconEdit, IconFiles, IconPlayerPause, IconPlayerPlay, IconSend, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey, ifMatch } from '@/api/client';
import type { Report } from '@/api/types';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { useRun } from '@/ui/useRun';

const nameOf = (report: Report) => report.name;
const setEnabled = ({ id }: Report, etag: string, enabled: boolean) => bodyOf(api.PATCH('/reports/{id}', { params: { path: { id }, header: ifMatch(etag) }, body: { enabled } }));
const takeAway = ({ id, etag }: Report) => api.DELETE('/reports/{id}', { params: { path: { id }, header: ifMatch(etag) } });

export function useReportActions(edit: (report: Report | undefined) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [ask, confirmation] = useConfirm();
  const [run, running] = useRun();
  const actions = useMemo<Action<Report>[]>(() => {
    const settled = () => Promise.all([client.invalidateQueries({ queryKey: ['reports'] }), client.invalidateQueries({ queryKey: ['report-deliveries'] })]);
    const start = ({ id }: Report) => bodyOf(api.POST('/reports/{id}/run', { params: { path: { id }, header: idempotencyKey() } }));
    const turn = (enabled: boolean, title: string, done: (count: number) => string) => (items: Report[]) => {
      const saved = new Map<string, string>();
      void run({
        title,
        items,
        nameOf,
        each: async (report) => saved.set(report.id, (await setEnabled(report, report.etag, enabled)).etag),
        undo: (report) => setEnabled(report, saved.get(report.id) ?? '', !enabled),
        done,
        settled,
      });
    };
    const remove = (items: Report[]) =>
      ask({
        title: t('reports.deleteTitle', { name: items.length === 1 ? items[0]?.name : t('reports.many', { count: items.length }) }),
        body: t('reports.deleteHelp'),
        button: t('common.delete'),
        run: async () => {
          void run({ title: t('common.delete'), items, nameOf, each: takeAway, done: (count) => t('reports.deleted', { count }), settled });
        },
      });
    return [
      { id: 'run', label: 'reports.run', icon: IconSend, right: 'reports:write', run: (items) => void run({ title: t('reports.run'), items, nameOf, each: start, done: (count) => t('reports.started', { count }), settled }) },
      { id: 'deliveries', label: 'reports.deliveries', icon: IconFiles, right: 'reports:read', single: true, run: ([report]) => report && void navigate({ to: '/reports/deliveries', search: { report: report.id } }) },
      { id: 'edit', label: 'common.edit', icon: IconEdit, right: 'reports:write', single: true, run: ([report]) => edit(report) },
      { id: 'enable', label: 'destinations.enable', icon: IconPlayerPlay, right: 'reports:write', refusal: (items) => (items.some((each) => each.enabled) ? 'destinations.isOn' : undefined), run: turn(true, t('destinations.enable'), (count) => t('reports.switchedOn', { count })) },
      { id: 'disable', label: 'destinations.disable', icon: IconPlayerPause, right: 'reports:write', refusal: (items) => (items.every((each) => each.enabled) ? undefined : 'destinations.isOff'), run: turn(false, t('destinations.disable'), (count) => t('reports.switchedOff', { count })) },
      { id: 'delete', label: 'common.delete', icon: IconTrash, right: 'reports:write', dangerous: true, run: remove },
    ];
  }, [ask, client, edit, navigate, run, t]);
  return { actions, running, confirmation };
}
