import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { showProblem } from '@/api/problem';
import type { Policy } from '@/api/types';
import { Problem } from '@/ui/Problem';

const schema = z.object({
  name: z.string().trim().min(1).max(100),
  description: z.string().max(2000),
  parent_id: z.uuid(),
});
type Values = z.infer<typeof schema>;

export function NewPolicyDialog({ policies, close }: { policies: Policy[]; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: '', description: '', parent_id: policies.find((policy) => policy.parent_id === null)?.id ?? '' },
  });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    try {
      const policy = await bodyOf(api.POST('/policies', { params: { header: idempotencyKey() }, body: values }));
      await client.invalidateQueries({ queryKey: ['policies'] });
      await navigate({ to: '/policies/$policyId', params: { policyId: policy.id } });
    } catch (error) {
      setProblem(showProblem(error, ['name', 'description', 'parent_id'], form.setError));
    }
  });
  return (
    <Modal opened onClose={close} title={t('policies.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t('common.name')} required data-autofocus {...form.register('name')} error={errors.name && (errors.name.type === 'server' ? errors.name.message : t('form.length', { min: 1, max: 100 }))} />
          <TextInput label={t('policies.description')} {...form.register('description')} error={errors.description?.message} />
          <Controller
            control={form.control}
            name="parent_id"
            render={({ field }) => <Select label={t('policies.parent')} description={t('policies.parentHint')} allowDeselect={false} {...field} error={errors.parent_id && t('form.required')} data={policies.map((each) => ({ value: each.id, label: each.name }))} />}
          />
          {problem !== undefined && <Problem error={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={isSubmitting}>
              {t('policies.add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
