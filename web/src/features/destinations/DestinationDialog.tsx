import { Button, Group, Modal, NumberInput, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api, bodyOf, ifMatch } from '@/api/client';
import { showProblem } from '@/api/problem';
import type { Destination } from '@/api/types';
import { Problem } from '@/ui/Problem';

const schema = z.object({
  name: z.string().trim().min(1).max(100),
  host: z.string().trim().min(1).max(253),
  port: z.number().int().min(1).max(65_535),
  transport: z.enum(['tls', 'tcp', 'udp']),
  ca_pem: z.string().max(65_536),
  format: z.enum(['cef', 'leef', 'ocsf', 'json']),
  names: z.enum(['warder', 'deep-security']),
  floor: z.enum(['info', 'low', 'medium', 'high', 'critical']),
  filter: z.string().max(10_000),
});
type Values = z.infer<typeof schema>;

const fresh: Values = { name: '', host: '', port: 6514, transport: 'tls', ca_pem: '', format: 'cef', names: 'warder', floor: 'info', filter: '' };

/** What the form shows of a destination; settings that it does not show stay as they are. */
function valuesOf(destination: Destination | undefined): Values {
  if (!destination) return fresh;
  const settings = schema.pick({ host: true, port: true, transport: true, ca_pem: true }).partial().safeParse(destination.settings);
  return { ...fresh, ...settings.data, name: destination.name, format: destination.format, names: destination.names, floor: destination.floor, filter: destination.filter };
}

export function DestinationDialog({ destination, close }: { destination: Destination | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<unknown>();
  const isSyslog = !destination || destination.kind === 'syslog';
  const form = useForm<Values>({ resolver: zodResolver(isSyslog ? schema : schema.extend({ host: z.string() })), defaultValues: valuesOf(destination) });
  const { errors, isSubmitting } = form.formState;
  const textOf = (name: keyof Values, otherwise: string) => (errors[name]?.type === 'server' ? errors[name].message : errors[name] && otherwise);
  const submit = form.handleSubmit(async ({ host, port, transport, ca_pem, ...values }) => {
    const settings = isSyslog ? { ...destination?.settings, host, port, transport, ca_pem } : destination.settings;
    try {
      await bodyOf(
        destination
          ? api.PATCH('/destinations/{id}', { params: { path: { id: destination.id }, header: ifMatch(destination.etag) }, body: { ...values, settings } })
          : api.POST('/destinations', { body: { ...values, kind: 'syslog', settings } }),
      );
      await client.invalidateQueries({ queryKey: ['destinations'] });
      close();
    } catch (error) {
      setProblem(showProblem(error, ['name', 'filter', 'format'], form.setError));
    }
  });
  const choice = (name: 'transport' | 'format' | 'names' | 'floor', label: string, data: readonly string[], words: (value: string) => string = (value) => value) => (
    <Controller control={form.control} name={name} render={({ field }) => <Select label={label} allowDeselect={false} {...field} data={data.map((value) => ({ value, label: words(value) }))} />} />
  );
  return (
    <Modal opened onClose={close} size="lg" title={destination ? t('destinations.editTitle', { name: destination.name }) : t('destinations.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t('common.name')} required data-autofocus {...form.register('name')} error={textOf('name', t('form.length', { min: 1, max: 100 }))} />
          {isSyslog && (
            <>
              <Group grow align="start">
                <TextInput label={t('destinations.host')} required {...form.register('host')} error={textOf('host', t('form.required'))} />
                <Controller control={form.control} name="port" render={({ field }) => <NumberInput label={t('destinations.port')} min={1} max={65_535} {...field} error={textOf('port', t('form.invalid'))} />} />
              </Group>
              {choice('transport', t('destinations.transport'), ['tls', 'tcp', 'udp'], (value) => t(`destinations.transports.${value as 'tls'}`))}
              <Textarea label={t('destinations.ca')} description={t('destinations.caHint')} autosize minRows={2} maxRows={6} {...form.register('ca_pem')} error={textOf('ca_pem', t('form.invalid'))} />
            </>
          )}
          <Group grow>
            {choice('format', t('destinations.format'), ['cef', 'leef', 'ocsf', 'json'], (value) => value.toUpperCase())}
            {choice('names', t('destinations.names'), ['warder', 'deep-security'], (value) => (value === 'warder' ? 'Warder' : 'Deep Security'))}
          </Group>
          {choice('floor', t('destinations.floor'), ['info', 'low', 'medium', 'high', 'critical'], (value) => t(`severity.${value as 'info'}`))}
          <TextInput label={t('destinations.filter')} description={t('destinations.filterHint')} {...form.register('filter')} error={textOf('filter', t('form.invalid'))} />
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
