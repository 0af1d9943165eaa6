import { Alert, Button, Group, Modal, MultiSelect, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api, bodyOf } from '@/api/client';
import { showProblem } from '@/api/problem';
import { sessionQuery } from '@/api/queries';
import type { ApiKey } from '@/api/types';
import { CopyText } from '@/ui/CopyText';
import { Problem } from '@/ui/Problem';

const schema = z.object({
  name: z.string().trim().min(1).max(100),
  rights: z.array(z.string()).min(1),
  networks: z.array(z.string()).max(100),
  days: z.string(),
});
type Values = z.infer<typeof schema>;
const lifetimes = ['1', '7', '30', '90', '366'];
const daySeconds = 86_400;

export function CreateApiKeyDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [key, setKey] = useState<ApiKey>();
  return (
    <Modal opened onClose={close} size="lg" title={t('apiKeys.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      {key ? <MadeKey apiKey={key} close={close} /> : <KeyForm made={setKey} />}
    </Modal>
  );
}

function KeyForm({ made }: { made: (key: ApiKey) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const rights = useQuery(sessionQuery).data?.rights ?? [];
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { name: '', rights: [], networks: [], days: '90' } });
  const { errors, isSubmitting } = form.formState;
  const textOf = (name: keyof Values, otherwise: string) => (errors[name]?.type === 'server' ? errors[name].message : errors[name] && otherwise);
  const submit = form.handleSubmit(async ({ days, ...values }) => {
    try {
      made(await bodyOf(api.POST('/api-keys', { body: { ...values, expires_in_s: Number(days) * daySeconds } })));
      await client.invalidateQueries({ queryKey: ['api-keys'] });
    } catch (error) {
      setProblem(showProblem(error, ['name', 'rights', 'networks'], form.setError));
    }
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TextInput label={t('common.name')} required data-autofocus {...form.register('name')} error={textOf('name', t('form.length', { min: 1, max: 100 }))} />
        <Controller control={form.control} name="rights" render={({ field }) => <MultiSelect searchable label={t('apiKeys.rights')} description={t('apiKeys.rightsHint')} required {...field} data={rights} error={textOf('rights', t('form.required'))} />} />
        <Controller control={form.control} name="networks" render={({ field }) => <TagsInput label={t('apiKeys.networks')} description={t('apiKeys.networksHint')} {...field} error={textOf('networks', t('form.invalid'))} />} />
        <Controller control={form.control} name="days" render={({ field }) => <Select label={t('apiKeys.days')} allowDeselect={false} {...field} data={lifetimes} />} />
        {problem !== undefined && <Problem error={problem} />}
        <Group justify="flex-end">
          <Button type="submit" loading={isSubmitting}>
            {t('apiKeys.make')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function MadeKey({ apiKey, close }: { apiKey: ApiKey; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Alert color="blue" variant="outline">
        {t('apiKeys.once')}
      </Alert>
      <CopyText label={t('apiKeys.key')} value={apiKey.key ?? ''} />
      <Group justify="flex-end">
        <Button onClick={close}>{t('common.done')}</Button>
      </Group>
    </Stack>
  );
}
