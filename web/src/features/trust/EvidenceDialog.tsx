import { Button, Checkbox, FileInput, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { base64Of, maxDocumentBytes } from '@/features/trust/attachment';
import { commitmentsQuery } from '@/features/trust/queries';
import { formatBytes } from '@/lib/bytes';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const today = () => new Date().toISOString().slice(0, 10);
const empty = { title: '', standard: '', issued: today(), expires: '', owner: '', deputy: '' };
type Field = keyof typeof empty;

/** A record for a promise: since when and until when it holds, whose it is, and the document itself. */
export function EvidenceDialog({ close }: { close: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const commitments = useInfiniteQuery(commitmentsQuery).data?.pages.flatMap((page) => page.items) ?? [];
  const [commitment, setCommitment] = useState<string | null>(null);
  const [fields, setFields] = useState({ ...empty, issued: today() });
  const [file, setFile] = useState<File | null>(null);
  const [isPublic, setPublic] = useState(false);
  const [isOnRequest, setOnRequest] = useState(false);
  const text = (name: Field) => ({ value: fields[name], onChange: (event: { currentTarget: { value: string } }) => setFields({ ...fields, [name]: event.currentTarget.value }) });
  const isLarge = file !== null && file.size > maxDocumentBytes;
  const save = useMutation({
    mutationFn: async () => {
      const { title, standard, issued, expires, owner, deputy } = fields;
      const body = { commitment: commitment ?? '', title: title.trim(), standard, issued: `${issued}T00:00:00Z`, expires: `${expires}T00:00:00Z`, owner: owner.trim(), deputy: deputy.trim(), public: isPublic, on_request: isOnRequest };
      return bodyOf(api.POST('/trust/evidence', { body: file ? { ...body, attachment: await base64Of(file) } : body }));
    },
    onSuccess: () => {
      notifyDone(t('evidence.filed'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['trust'] }),
  });
  const isComplete = commitment !== null && fields.title.trim() !== '' && fields.owner.trim() !== '' && fields.issued !== '' && fields.expires > fields.issued;
  return (
    <Modal opened onClose={close} title={t('evidence.file')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Select label={t('evidence.commitment')} required searchable value={commitment} onChange={setCommitment} nothingFoundMessage={t('commitments.none')} data={commitments.filter((each) => each.kind !== 'technical').map((each) => ({ value: each.id, label: `${each.id} ${each.text[i18n.language === 'ja' ? 'ja' : 'en']}` }))} />
        <TextInput label={t('evidence.record')} required maxLength={200} {...text('title')} />
        <TextInput label={t('evidence.standard')} maxLength={200} {...text('standard')} />
        <Group grow>
          <TextInput type="date" label={t('evidence.issued')} required {...text('issued')} />
          <TextInput type="date" label={t('evidence.expires')} required {...text('expires')} />
        </Group>
        <Group grow>
          <TextInput label={t('evidence.owner')} required maxLength={200} {...text('owner')} />
          <TextInput label={t('evidence.deputy')} maxLength={200} {...text('deputy')} />
        </Group>
        <FileInput label={t('evidence.document')} description={t('evidence.largest', { size: formatBytes(maxDocumentBytes, i18n.language) })} clearable clearButtonProps={{ 'aria-label': t('evidence.noFile') }} value={file} onChange={setFile} {...(isLarge ? { error: t('evidence.tooLarge') } : {})} />
        <Checkbox label={t('evidence.isPublic')} disabled={!file} checked={isPublic} onChange={(event) => setPublic(event.currentTarget.checked)} />
        <Checkbox label={t('evidence.isOnRequest')} disabled={!file} checked={isOnRequest} onChange={(event) => setOnRequest(event.currentTarget.checked)} />
        <Text size="sm" c="dimmed">
          {t('evidence.help')}
        </Text>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={!isComplete || isLarge} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
