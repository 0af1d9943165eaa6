import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import type { RowData } from '@tanstack/react-table';
import type { ParseKeys } from 'i18next';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import type { Column } from '@/ui/DataTable';

const right = 'agents:write';

/** What groups by hand and groups by a filter differ in. Stable between renders. */
export interface KindOfGroup<Group> {
  add: ParseKeys;
  /** What is said before one is deleted. */
  deleteBody: ParseKeys;
  queryKey: readonly unknown[];
  refusal?: (groups: Group[]) => ParseKeys | undefined;
  remove: (group: Group) => Promise<unknown>;
}

interface GroupActions<Group extends RowData> {
  /** The one in the dialog; 'new' for one that is being made. */
  edited: Group | 'new' | undefined;
  close: () => void;
  addButton: ReactNode;
  actionColumn: Column<Group>;
  confirmation: ReactNode;
}

/** Groups of hosts are made, edited and deleted alike, whatever kind they are. */
export function useGroupActions<Group extends RowData & { id: string; name: string }>(kind: KindOfGroup<Group>): GroupActions<Group> {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canWrite = useCan(right);
  const [ask, confirmation] = useConfirm();
  const [edited, setEdited] = useState<Group | 'new'>();
  const actionColumn = useMemo<Column<Group>>(() => {
    const confirm = (group: Group) =>
      ask({
        title: t('fleet.deleteGroup', { name: group.name }),
        body: t(kind.deleteBody),
        button: t('common.delete'),
        run: async () => {
          await kind.remove(group);
          await client.invalidateQueries({ queryKey: kind.queryKey });
        },
      });
    const actions: Action<Group>[] = [
      { id: 'edit', label: 'common.edit', right, single: true, run: ([group]) => setEdited(group) },
      { id: 'remove', label: 'common.delete', right, single: true, dangerous: true, ...(kind.refusal ? { refusal: kind.refusal } : {}), run: ([group]) => group && confirm(group) },
    ];
    return { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> };
  }, [ask, client, kind, t]);
  const addButton = (
    <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
      {t(kind.add)}
    </Button>
  );
  return { edited, close: () => setEdited(undefined), addButton, actionColumn, confirmation };
}
