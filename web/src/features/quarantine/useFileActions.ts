// What can be done to a file in quarantine.
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { askAgent } from '@/api/commands';
import type { QuarantinedFile } from '@/features/quarantine/files';
import type { Permission } from '@/features/quarantine/PermissionDialog';
import type { Action } from '@/lib/actions';
import { addressOf } from '@/lib/address';
import { comparison } from '@/lib/filter';
import { useConfirm } from '@/ui/confirm';
import { notifyDone } from '@/ui/notify';

export function useFileActions(agentId: string, permit: (permission: Permission) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const router = useRouter();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<QuarantinedFile>[]>(() => {
    const destroy = (file: QuarantinedFile) =>
      ask({
        title: t('quarantine.deleteTitle', { path: file.path }),
        body: t('common.cannotUndo'),
        button: t('common.delete'),
        run: async () => {
          await askAgent(agentId, { module: 'anti-malware', name: 'quarantine-delete', arguments: { id: file.id } });
          await askAgent(agentId, { module: 'anti-malware', name: 'quarantine-list' });
          await client.invalidateQueries({ queryKey: ['agents', 'commands', agentId] });
          notifyDone(t('quarantine.deleted'));
        },
      });
    return [
      { id: 'events', label: 'quarantine.events', right: 'events:read', single: true, run: ([file]) => file && router.history.push(addressOf('/events', { range: '30d', filter: comparison('file.hash.sha256', file.sha256) })) },
      { id: 'restore', label: 'quarantine.restore', right: 'commands:request', single: true, run: ([file]) => file && permit({ what: 'restore', file }) },
      { id: 'export', label: 'quarantine.export', right: 'commands:request', single: true, run: ([file]) => file && permit({ what: 'export', file }) },
      { id: 'delete', label: 'common.delete', right: 'commands:write', single: true, dangerous: true, run: ([file]) => file && destroy(file) },
    ];
  }, [agentId, ask, client, permit, router, t]);
  return [actions, confirmation] as const;
}
