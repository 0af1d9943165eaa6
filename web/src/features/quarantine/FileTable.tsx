import { Code, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QuarantinedFile } from '@/features/quarantine/files';
import { type Permission, PermissionDialog } from '@/features/quarantine/PermissionDialog';
import { useFileActions } from '@/features/quarantine/useFileActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Empty, type Loadable } from '@/ui/States';
import { Time } from '@/ui/Time';

interface FileTableProps {
  agentId: string;
  hostname: string;
  files: QuarantinedFile[];
  query: Loadable;
}

export function FileTable({ agentId, hostname, files, query }: FileTableProps) {
  const { t, i18n } = useTranslation();
  const [permission, setPermission] = useState<Permission>();
  const [actions, confirmation] = useFileActions(agentId, setPermission);
  const columns = useMemo<Column<QuarantinedFile>[]>(
    () => [
      { id: 'time', header: t('field.time'), cell: ({ row }) => <Time value={row.original.time} /> },
      { id: 'path', header: t('quarantine.path'), cell: ({ row }) => <Code style={{ overflowWrap: 'anywhere' }}>{row.original.path}</Code> },
      { id: 'signature', header: t('quarantine.signature'), cell: ({ row }) => row.original.signature },
      { id: 'bytes', header: t('quarantine.size'), cell: ({ row }) => row.original.bytes.toLocaleString(i18n.language) },
      { id: 'sha256', header: 'SHA-256', cell: ({ row }) => <Text size="xs" ff="monospace" maw={160} truncate title={row.original.sha256}>{row.original.sha256}</Text> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.path })} actions={actions} items={[row.original]} /> },
    ],
    [t, i18n.language, actions],
  );
  return (
    <>
      <DataTable label={t('nav.quarantine')} query={query} items={files} columns={columns} rowId={(file) => file.id} empty={<Empty title={t('quarantine.none')} />} />
      {permission && <PermissionDialog agentId={agentId} hostname={hostname} permission={permission} close={() => setPermission(undefined)} />}
      {confirmation}
    </>
  );
}
