import { Alert, Button, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { showProblem } from '@/api/problem';
import { groupsQuery, policiesQuery } from '@/api/queries';
import type { EnrolToken } from '@/api/types';
import { installCommand } from '@/features/fleet/installCommand';
import { CopyText } from '@/ui/CopyText';
import { Problem } from '@/ui/Problem';
import { Time } from '@/ui/Time';

const schema = z.object({
  name: z.string().trim().min(1).max(100),
  uses: z.number().int().min(1).max(10_000),
  expires_in_s: z.string(),
  group_id: z.uuid().nullable(),
  policy_id: z.uuid().nullable(),
});
type Values = z.infer<typeof schema>;
const lifetimes = { '3600': 'hour', '86400': 'day', '604800': 'week', '2592000': 'month' } as const;

export function EnrolDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [token, setToken] = useState<EnrolToken>();
  return (
    <Modal opened onClose={close} size="lg" title={t('fleet.addToken')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      {token ? <MadeToken token={token} close={close} /> : <TokenForm made={setToken} />}
    </Modal>
  );
}

function TokenForm({ made }: { made: (token: EnrolToken) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const groups = useQuery(groupsQuery).data ?? [];
  const policies = useQuery(policiesQuery).data ?? [];
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: '', uses: 1, expires_in_s: '86400', group_id: null, policy_id: null },
  });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    try {
      const body = { ...values, expires_in_s: Number(values.expires_in_s) };
      made(await bodyOf(api.POST('/enrol-tokens', { params: { header: idempotencyKey() }, body })));
      await client.invalidateQueries({ queryKey: ['enrol-tokens'] });
    } catch (error) {
      setProblem(showProblem(error, ['name', 'uses', 'expires_in_s', 'group_id', 'policy_id'], form.setError));
    }
  });
  const nameError = errors.name && (errors.name.type === 'server' ? errors.name.message : t('form.length', { min: 1, max: 100 }));
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TextInput label={t('common.name')} description={t('fleet.tokenNameHint')} required data-autofocus {...form.register('name')} error={nameError} />
        <Group grow align="flex-start">
          <Controller control={form.control} name="uses" render={({ field }) => <NumberInput label={t('fleet.uses')} min={1} max={10_000} {...field} onChange={(value) => field.onChange(Number(value))} error={errors.uses && (errors.uses.message ?? t('form.invalid'))} />} />
          <Controller control={form.control} name="expires_in_s" render={({ field }) => <Select label={t('fleet.lifetime')} allowDeselect={false} {...field} error={errors.expires_in_s?.message} data={Object.entries(lifetimes).map(([value, name]) => ({ value, label: t(`lifetime.${name}`) }))} />} />
        </Group>
        <Group grow align="flex-start">
          <Controller control={form.control} name="group_id" render={({ field }) => <Select clearable label={t('fleet.group')} {...field} error={errors.group_id?.message} data={groups.map((each) => ({ value: each.id, label: each.name }))} />} />
          <Controller control={form.control} name="policy_id" render={({ field }) => <Select clearable label={t('fleet.policy')} {...field} error={errors.policy_id?.message} data={policies.map((each) => ({ value: each.id, label: each.name }))} />} />
        </Group>
        {problem !== undefined && <Problem error={problem} />}
        <Group justify="flex-end">
          <Button type="submit" loading={isSubmitting}>
            {t('fleet.makeToken')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function MadeToken({ token, close }: { token: EnrolToken; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Alert color="blue" variant="outline">
        {t('fleet.tokenOnce')}
      </Alert>
      <Text size="sm">{t('fleet.tokenHow')}</Text>
      <CopyText label={t('fleet.installCommand')} value={installCommand(token.token ?? '')} />
      <Text size="sm" c="dimmed">
        {t('fleet.validUntil')} <Time value={token.expires} />
      </Text>
      <Group justify="flex-end">
        <Button onClick={close}>{t('common.done')}</Button>
      </Group>
    </Stack>
  );
}
