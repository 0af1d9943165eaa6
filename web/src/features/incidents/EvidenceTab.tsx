import { Button, Code, Group, Modal, Stack, Text, Textarea, Title } from '@mantine/core';
import { IconDownload, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { CustodyEntry, EvidenceItem } from '@/api/types';
import { custodyQuery, evidenceQuery, type OfIncident } from '@/features/incidents/queries';
import { TakeDialog } from '@/features/incidents/TakeDialog';
import { useStep } from '@/features/incidents/useStep';
import { formatBytes } from '@/lib/bytes';
import { saveText } from '@/lib/download';
import { type Column, DataTable } from '@/ui/DataTable';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

/** What was taken, who had it, and all of it in one signed file. */
export function EvidenceTab({ incident }: OfIncident) {
  const { t, i18n } = useTranslation();
  const canWrite = useCan('incidents:write');
  const nameOf = useActorName();
  const evidence = useInfiniteQuery(evidenceQuery(incident.id));
  const custody = useInfiniteQuery(custodyQuery(incident.id));
  const items = useMemo(() => evidence.data?.pages.flatMap((page) => page.items) ?? [], [evidence.data]);
  const steps = useMemo(() => custody.data?.pages.flatMap((page) => page.items) ?? [], [custody.data]);
  const [open, setOpen] = useState<'take' | 'bundle'>();
  const columns = useMemo<Column<EvidenceItem>[]>(
    () => [
      { id: 'name', header: t('incidents.file'), cell: ({ row }) => row.original.name },
      { id: 'kind', header: t('incidents.kind'), cell: ({ row }) => t(`incidents.evidenceKind.${row.original.kind}`) },
      { id: 'bytes', header: t('incidents.size'), cell: ({ row }) => formatBytes(row.original.bytes, i18n.language) },
      { id: 'taken', header: t('incidents.taken'), cell: ({ row }) => <Time value={row.original.taken} /> },
      { id: 'by', header: t('incidents.by'), cell: ({ row }) => nameOf(row.original.taken_by) },
      { id: 'sha256', header: 'SHA-256', cell: ({ row }) => <Code>{row.original.sha256}</Code> },
    ],
    [t, i18n.language, nameOf],
  );
  const steppedColumns = useMemo<Column<CustodyEntry>[]>(
    () => [
      { id: 'time', header: t('field.time'), cell: ({ row }) => <Time value={row.original.time} /> },
      { id: 'actor', header: t('incidents.by'), cell: ({ row }) => nameOf(row.original.actor) },
      { id: 'action', header: t('incidents.step'), cell: ({ row }) => t(`incidents.custodyAction.${row.original.action}`) },
      { id: 'subject', header: t('incidents.of'), cell: ({ row }) => <Code>{row.original.subject}</Code> },
      { id: 'note', header: t('incidents.note'), cell: ({ row }) => row.original.note },
    ],
    [t, nameOf],
  );
  return (
    <Stack>
      <Group gap="xs">
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setOpen('take')}>
          {t('incidents.takeEvidence')}
        </Button>
        <Button size="xs" variant="default" leftSection={<IconDownload size={14} />} disabled={!canWrite || items.length === 0} title={canWrite ? undefined : t('action.noRight')} onClick={() => setOpen('bundle')}>
          {t('incidents.bundle')}
        </Button>
      </Group>
      <DataTable label={t('incidents.tab.evidence')} query={evidence} items={items} columns={columns} rowId={(item) => item.id} empty={<Empty title={t('incidents.noEvidence')}>{t('incidents.noEvidenceHint')}</Empty>} />
      {steps.length > 0 && (
        <>
          <Title order={2} size="h5">
            {t('incidents.custody')}
          </Title>
          <DataTable label={t('incidents.custody')} query={custody} items={steps} columns={steppedColumns} rowId={(step) => `${step.time} ${step.subject}`} empty={null} />
        </>
      )}
      {open === 'take' && <TakeDialog incident={incident} close={() => setOpen(undefined)} />}
      {open === 'bundle' && <BundleDialog incident={incident} close={() => setOpen(undefined)} />}
    </Stack>
  );
}

function BundleDialog({ incident, close }: OfIncident & { close: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const bundle = useStep(
    incident.id,
    () => bodyOf(api.POST('/incidents/{id}/bundles', { params: { path: { id: incident.id } }, body: { reason: reason.trim() }, parseAs: 'text' })),
    (text) => {
      saveText(`incident-${incident.number}-evidence.json`, 'application/json', String(text));
      close();
    },
  );
  return (
    <Modal opened onClose={close} title={t('incidents.bundle')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('incidents.bundleHelp')}</Text>
        <Textarea label={t('approvals.reason')} required data-autofocus maxLength={1000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        {bundle.isError && <Problem error={bundle.error} />}
        <Group justify="flex-end">
          <Button disabled={reason.trim() === ''} loading={bundle.isPending} onClick={() => bundle.mutate()}>
            {t('incidents.download')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
