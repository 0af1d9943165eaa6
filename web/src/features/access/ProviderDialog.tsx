import { Button, Group, Modal, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { IdentityProvider } from '@/api/types';
import { DirectoryFields } from '@/features/access/DirectoryFields';
import { Mappings } from '@/features/access/Mappings';
import { kinds, mappingsOf, settingsOf, type Values, valuesOf } from '@/features/access/providerForm';
import { Problem } from '@/ui/Problem';

export function ProviderDialog({ provider, close }: { provider: IdentityProvider | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({ defaultValues: valuesOf(provider) });
  const { errors, isSubmitting } = form.formState;
  const kind = form.watch('kind');
  const submit = form.handleSubmit(async (values) => {
    const body = { name: values.name.trim(), settings: settingsOf(values, provider), mappings: mappingsOf(values), ...(values.secret ? { secret: values.secret } : {}) };
    try {
      await bodyOf(
        provider
          ? api.PATCH('/identity-providers/{id}', { params: { path: { id: provider.id }, header: ifMatch(provider.etag) }, body })
          : api.POST('/identity-providers', { body: { ...body, kind: values.kind, enabled: true } }),
      );
      await client.invalidateQueries({ queryKey: ['identity-providers'] });
      close();
    } catch (error) {
      setProblem(error);
    }
  });
  const text = (name: 'name' | 'issuer' | 'client_id', label: string) => (
    <TextInput label={label} required {...form.register(name, { required: true })} error={errors[name] && t('form.required')} />
  );
  return (
    <Modal opened onClose={close} size="lg" title={provider ? t('providers.editTitle', { name: provider.name }) : t('providers.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {!provider && (
            <Controller control={form.control} name="kind" render={({ field }) => <Select label={t('providers.kind')} allowDeselect={false} {...field} data={kinds.map((value) => ({ value, label: t(`providers.kinds.${value}`) }))} />} />
          )}
          {text('name', t('common.name'))}
          {kind === 'oidc' && (
            <>
              {text('issuer', t('providers.issuer'))}
              {text('client_id', t('providers.clientId'))}
            </>
          )}
          {kind === 'ldap' && <DirectoryFields form={form} />}
          {kind !== 'scim' && <PasswordInput label={t('providers.secret')} description={t('providers.secretHelp')} autoComplete="off" visibilityToggleButtonProps={{ 'aria-label': t('session.showPassword') }} {...form.register('secret')} />}
          <Controller control={form.control} name="mappings" render={({ field }) => <Mappings value={field.value} onChange={field.onChange} />} />
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
