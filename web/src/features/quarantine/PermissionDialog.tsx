import { Code, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { z } from 'zod/mini';
import { askAgent } from '@/api/commands';
import { objectOf, type QuarantinedFile } from '@/features/quarantine/files';
import { saveBytes } from '@/lib/download';
import { CopyText } from '@/ui/CopyText';
import { notifyDone } from '@/ui/notify';
import { PermitDialog } from '@/ui/PermitDialog';

export interface Permission {
  what: 'restore' | 'export';
  file: QuarantinedFile;
}

interface PermissionDialogProps {
  agentId: string;
  hostname: string;
  permission: Permission;
  close: () => void;
}

const contentSchema = z.object({ content: z.string() });

/** Putting a file back, or fetching what it contains: both take a second person. */
export function PermissionDialog({ agentId, hostname, permission: { what, file }, close }: PermissionDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const ask = (name: string, approval: string) => askAgent(agentId, { module: 'anti-malware', name, arguments: { id: file.id } }, approval);
  const restore = async (approval: string) => {
    await ask('quarantine-restore', approval);
    notifyDone(t('quarantine.restored', { path: file.path }));
    await askAgent(agentId, { module: 'anti-malware', name: 'quarantine-list' }).catch(() => undefined);
    await client.invalidateQueries({ queryKey: ['agents', 'commands', agentId] });
  };
  const fetchFile = async (approval: string) => {
    const { content } = contentSchema.parse((await ask('quarantine-export', approval)).output);
    saveBytes(`${file.id}.quarantined`, Uint8Array.from(atob(content), (character) => character.charCodeAt(0)));
  };
  return (
    <PermitDialog
      title={t(`quarantine.${what}Title`, { host: hostname })}
      action={`anti-malware.${what}`}
      object={objectOf(agentId, file.id)}
      button={t(`quarantine.${what}Now`)}
      run={what === 'restore' ? restore : fetchFile}
      close={close}
    >
      <Text size="sm">
        <Code style={{ overflowWrap: 'anywhere' }}>{file.path}</Code> · {file.signature}
      </Text>
      <Text size="sm">{t(`quarantine.${what}Help`)}</Text>
      {what === 'restore' && <CopyText label={t('quarantine.allowance')} value={`${file.sha256} until `} />}
      <Text size="sm" c="dimmed">
        {t('permit.twoPersons')}
      </Text>
    </PermitDialog>
  );
}
