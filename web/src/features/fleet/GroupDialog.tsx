import { Button, Group as Row, Modal, Select, Stack, TextInput } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api, bodyOf, idempotencyKey, ifMatch } from '@/api/client';
import { showProblem } from '@/api/problem';
import { groupsQuery, policiesQuery } from '@/api/queries';
import type { Group } from '@/api/types';
import { AssetValueFields, greatestValue, leastValue } from '@/features/fleet/AssetValueFields';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const schema = z.object({
  name: z.string().trim().min(1).max(100),
  parent_id: z.uuid().nullable(),
  policy_id: z.uuid().nullable(),
  asset_value: z.int().min(leastValue).max(greatestValue).nullable(),
});
type Values = z.infer<typeof schema>;

const save = (group: Group | undefined, body: Values) =>
  group
    ? bodyOf(api.PUT('/groups/{id}', { params: { path: { id: group.id }, header: ifMatch(group.etag) }, body }))
    : bodyOf(api.POST('/groups', { params: { header: idempotencyKey() }, body }));

export function GroupDialog({ group, close }: { group: Group | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const groups = useQuery(groupsQuery).data ?? [];
  const policies = useQuery(policiesQuery).data ?? [];
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: group?.name ?? '', parent_id: group?.parent_id ?? null, policy_id: group?.policy_id ?? null, asset_value: group?.asset_value ?? null },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      await save(group, values);
      await client.invalidateQueries({ queryKey: ['groups'] });
      notifyDone(t('common.saved'));
      close();
    } catch (error) {
      setProblem(showProblem(error, ['name', 'parent_id', 'policy_id', 'asset_value'], form.setError));
    }
  });
  const { errors, isSubmitting } = form.formState;
  return (
    <Modal opened onClose={close} title={group ? group.name : t('fleet.addGroup')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t('common.name')} required data-autofocus {...form.register('name')} error={errors.name && (errors.name.type === 'server' ? errors.name.message : t('form.length', { min: 1, max: 100 }))} />
          <Controller
            control={form.control}
            name="parent_id"
            render={({ field }) => (
              <Select clearable label={t('fleet.parent')} {...field} error={errors.parent_id?.message} data={groups.filter((each) => each.id !== group?.id).map((each) => ({ value: each.id, label: each.name }))} />
            )}
          />
          <Controller
            control={form.control}
            name="policy_id"
            render={({ field }) => (
              <Select clearable label={t('fleet.policy')} {...field} error={errors.policy_id?.message} data={policies.map((each) => ({ value: each.id, label: each.name }))} />
            )}
          />
          <Controller control={form.control} name="asset_value" render={({ field }) => <AssetValueFields value={field.value} inherited={t('fleet.assetValueOfParent')} change={field.onChange} />} />
          {problem !== undefined && <Problem error={problem} />}
          <Row justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={isSubmitting}>
              {t('common.save')}
            </Button>
          </Row>
        </Stack>
      </form>
    </Modal>
  );
}
