import { Button, FileInput, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { hostsQuery, type OfIncident } from '@/features/incidents/queries';
import { useStep } from '@/features/incidents/useStep';
import { base64Of } from '@/lib/bytes';
import { Problem } from '@/ui/Problem';

const kinds = ['events', 'audit', 'agent', 'file'] as const;
type Kind = (typeof kinds)[number];
const names: Record<Kind, string> = { events: 'events.jsonl', audit: 'audit.jsonl', agent: 'agent.json', file: '' };
const maxFileBytes = 3_000_000;

/** Keeps events, the audit log, what is known of a host, or a file, with its hash. */
export function TakeDialog({ incident, close }: OfIncident & { close: () => void }) {
  const { t } = useTranslation();
  const hosts = useQuery(hostsQuery).data ?? [];
  const [kind, setKind] = useState<Kind>('events');
  const [name, setName] = useState(names.events);
  const [filter, setFilter] = useState('');
  const [agent, setAgent] = useState<string | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const isTooLarge = (file?.size ?? 0) > maxFileBytes;
  const take = useStep(
    incident.id,
    async () => {
      const more = {
        events: () => ({ filter }),
        audit: () => ({}),
        agent: () => ({ agent_id: agent ?? '' }),
        file: async () => ({ content: base64Of(new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer(0))) }),
      }[kind];
      return bodyOf(api.POST('/incidents/{id}/evidence', { params: { path: { id: incident.id } }, body: { kind, name: name.trim(), ...(await more()) } }));
    },
    close,
  );
  const choose = (next: string | null) => {
    const chosen = kinds.find((each) => each === next) ?? kind;
    setKind(chosen);
    setName(names[chosen]);
  };
  const isReady = name.trim() !== '' && (kind !== 'agent' || agent !== null) && (kind !== 'file' || (file !== null && !isTooLarge));
  return (
    <Modal opened onClose={close} title={t('incidents.takeEvidence')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Select label={t('incidents.kind')} allowDeselect={false} value={kind} onChange={choose} data={kinds.map((each) => ({ value: each, label: t(`incidents.evidenceKind.${each}`) }))} />
        {kind === 'events' && <TextInput label={t('destinations.filter')} description={t('incidents.filterHint')} maxLength={10_000} value={filter} onChange={(event) => setFilter(event.currentTarget.value)} />}
        {kind === 'agent' && <Select label={t('field.host')} required searchable value={agent} onChange={setAgent} data={hosts} />}
        {kind === 'file' && (
          <FileInput
            label={t('incidents.file')}
            required
            value={file}
            error={isTooLarge ? t('incidents.tooLarge') : undefined}
            onChange={(chosen) => {
              setFile(chosen);
              setName(chosen?.name ?? '');
            }}
          />
        )}
        <TextInput label={t('incidents.nameInBundle')} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        {take.isError && <Problem error={take.error} />}
        <Group justify="flex-end">
          <Button disabled={!isReady} loading={take.isPending} onClick={() => take.mutate()}>
            {t('incidents.keep')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
