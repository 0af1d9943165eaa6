import { Button, FileInput, Group, Modal, MultiSelect, NumberInput, SegmentedControl, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { rolesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import { builtInRoles, type WrittenPolicy } from '@/api/types';
import { policySubjects } from '@/features/trust/policyStates';
import { base64Of, maxDocumentBytes } from '@/features/trust/attachment';
import { formatBytes } from '@/lib/bytes';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';
import { useRoleName } from '@/ui/useRoleName';

/** A new policy, or the next version of one: whose it is, whom it is for, and its words. Nobody sees it before its review. */
export function PolicyFilingDialog({ policy, close }: { policy: WrittenPolicy | undefined; close: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const roleName = useRoleName();
  const before = policy?.newest;
  const [subject, setSubject] = useState<(typeof policySubjects)[number]>(policySubjects[0]);
  const [fields, setFields] = useState({ title: before?.title ?? '', owner: before?.owner ?? '', deputy: before?.deputy ?? '' });
  const [roles, setRoles] = useState(before?.roles ?? []);
  const [days, setDays] = useState({ cadence: before?.cadence_days ?? 365, grace: before?.grace_days ?? 14 });
  const [form, setForm] = useState<'text' | 'pdf'>('text');
  const [text, setText] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const known = useQuery({ ...rolesQuery, enabled: useCan('roles:read') }).data?.map((role) => role.name) ?? builtInRoles;
  const save = useMutation({
    mutationFn: async () => {
      const { title, owner, deputy } = fields;
      const words = form === 'pdf' && file ? { document: await base64Of(file) } : { text };
      const draft = { title: title.trim(), owner: owner.trim(), deputy: deputy.trim(), roles, cadence_days: days.cadence, grace_days: days.grace, ...words };
      if (policy) return bodyOf(api.POST('/trust/policies/{id}/versions', { params: { path: { id: policy.id }, header: idempotencyKey() }, body: draft }));
      return bodyOf(api.POST('/trust/policies', { params: { header: idempotencyKey() }, body: { subject, ...draft } }));
    },
    onSuccess: () => {
      notifyDone(t('writtenPolicies.filed'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['trust', 'policies'] }),
  });
  const textOf = (name: keyof typeof fields) => ({ value: fields[name], onChange: (event: { currentTarget: { value: string } }) => setFields({ ...fields, [name]: event.currentTarget.value }) });
  const numberOf = (name: keyof typeof days, min: number, max: number) => ({ min, max, clampBehavior: 'strict' as const, allowDecimal: false, value: days[name], onChange: (value: string | number) => typeof value === 'number' && setDays({ ...days, [name]: value }) });
  const isLarge = file !== null && file.size > maxDocumentBytes;
  const hasWords = form === 'text' ? text.trim() !== '' : file !== null && !isLarge;
  const isComplete = fields.title.trim() !== '' && fields.owner.trim() !== '' && hasWords;
  return (
    <Modal opened onClose={close} size="lg" title={policy ? t('writtenPolicies.nextOf', { title: policy.newest.title }) : t('writtenPolicies.file')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('writtenPolicies.fileHelp')}</Text>
        {!policy && <Select label={t('writtenPolicies.about')} allowDeselect={false} value={subject} onChange={(value) => setSubject(policySubjects.find((each) => each === value) ?? subject)} data={policySubjects.map((value) => ({ value, label: t(`writtenPolicies.subject.${value}`) }))} />}
        <TextInput label={t('writtenPolicies.name')} required maxLength={200} {...textOf('title')} />
        <Group grow>
          <TextInput label={t('evidence.owner')} description={t('writtenPolicies.ownerHelp')} required maxLength={200} {...textOf('owner')} />
          <TextInput label={t('evidence.deputy')} description={t('writtenPolicies.ownerHelp')} maxLength={200} {...textOf('deputy')} />
        </Group>
        <MultiSelect label={t('writtenPolicies.audience')} description={t('writtenPolicies.audienceHelp')} searchable clearable value={roles} onChange={setRoles} data={[...new Set([...known, ...roles])].map((value) => ({ value, label: roleName(value) }))} />
        <Group grow align="end">
          <NumberInput label={t('writtenPolicies.cadence')} description={t('writtenPolicies.cadenceHelp')} {...numberOf('cadence', 0, 1100)} />
          <NumberInput label={t('writtenPolicies.grace')} description={t('writtenPolicies.graceHelp')} {...numberOf('grace', 1, 90)} />
        </Group>
        <SegmentedControl size="xs" aria-label={t('writtenPolicies.form')} value={form} onChange={(value) => setForm(value === 'pdf' ? 'pdf' : 'text')} data={[{ value: 'text', label: t('writtenPolicies.asText') }, { value: 'pdf', label: t('writtenPolicies.asPdf') }]} />
        {form === 'text' ? (
          <Textarea label={t('writtenPolicies.words')} required autosize minRows={6} maxRows={16} maxLength={200_000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        ) : (
          <FileInput label={t('writtenPolicies.pdf')} required accept="application/pdf" description={t('evidence.largest', { size: formatBytes(maxDocumentBytes, i18n.language) })} clearable clearButtonProps={{ 'aria-label': t('evidence.noFile') }} value={file} onChange={setFile} {...(isLarge ? { error: t('evidence.tooLarge') } : {})} />
        )}
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={!isComplete} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
