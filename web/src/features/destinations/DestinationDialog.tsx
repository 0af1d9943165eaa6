import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { showProblem } from '@/api/problem';
import type { Destination } from '@/api/types';
import { KindFields } from '@/features/destinations/KindFields';
import { kindNames, kindOf, kinds, sentSettings, shownSettings } from '@/features/destinations/kinds';
import { type DestinationValues, schemaWith, valuesOf } from '@/features/destinations/values';
import { Problem } from '@/ui/Problem';

/** Makes a destination, or changes one; what kind it is stays as it was made. */
export function DestinationDialog({ destination, close }: { destination: Destination | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<DestinationValues>({ resolver: zodResolver(schemaWith(t('form.required'), destination?.has_secret ?? false)), defaultValues: valuesOf(destination) });
  const { control, formState, register } = form;
  const { errors, isSubmitting } = formState;
  const kind = useWatch({ control, name: 'kind' });
  const textOf = (name: 'name' | 'filter' | 'secret', otherwise: string) => (errors[name]?.type === 'server' || name === 'secret' ? errors[name]?.message : errors[name] && otherwise);
  const submit = form.handleSubmit(async ({ kind, settings: shown, secret, ...values }) => {
    const body = { ...values, settings: sentSettings(kind, shown, destination?.settings), ...(secret ? { secret } : {}) };
    try {
      await bodyOf(
        destination
          ? api.PATCH('/destinations/{id}', { params: { path: { id: destination.id }, header: ifMatch(destination.etag) }, body })
          : api.POST('/destinations', { body: { ...body, kind } }),
      );
      await client.invalidateQueries({ queryKey: ['destinations'] });
      close();
    } catch (error) {
      setProblem(showProblem(error, ['name', 'filter', 'format', 'secret', ...kinds[kind].fields.map(({ key }) => `settings.${key}` as const)], form.setError));
    }
  });
  const choice = (name: 'format' | 'names' | 'floor', label: string, data: readonly string[], words: (value: string) => string) => (
    <Controller control={control} name={name} render={({ field }) => <Select label={label} allowDeselect={false} {...field} data={data.map((value) => ({ value, label: words(value) }))} />} />
  );
  const changeKind = (name: string | null) => {
    form.setValue('kind', kindOf(name ?? ''));
    form.setValue('settings', shownSettings(kindOf(name ?? '')));
    form.clearErrors();
  };
  return (
    <Modal opened onClose={close} size="lg" title={destination ? t('destinations.editTitle', { name: destination.name }) : t('destinations.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t('common.name')} required data-autofocus {...register('name')} error={textOf('name', t('form.length', { min: 1, max: 100 }))} />
          <Select label={t('destinations.kind')} allowDeselect={false} disabled={destination !== undefined} value={kind} onChange={changeKind} data={kindNames.map((value) => ({ value, label: t(`destinations.kinds.${value}`) }))} />
          <KindFields kind={kind} control={control} />
          <Textarea
            label={t(`destinations.secrets.${kind}`)}
            description={destination?.has_secret ? t('destinations.secretStays') : t('destinations.secretHint')}
            required={kinds[kind].needsSecret && !destination?.has_secret}
            autosize
            minRows={1}
            maxRows={6}
            autoComplete="off"
            {...register('secret')}
            error={textOf('secret', '')}
          />
          <Group grow>
            {choice('format', t('destinations.format'), ['cef', 'leef', 'ocsf', 'json'], (value) => value.toUpperCase())}
            {choice('names', t('destinations.names'), ['warder', 'deep-security'], (value) => (value === 'warder' ? 'Warder' : 'Deep Security'))}
          </Group>
          {choice('floor', t('destinations.floor'), ['info', 'low', 'medium', 'high', 'critical'], (value) => t(`severity.${value as 'info'}`))}
          <TextInput label={t('destinations.filter')} description={t('destinations.filterHint')} {...register('filter')} error={textOf('filter', t('form.invalid'))} />
          {problem !== undefined && <Problem error={problem} />}
          <Group justify="flex-end">
            <Button type="submit" loading={isSubmitting}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
