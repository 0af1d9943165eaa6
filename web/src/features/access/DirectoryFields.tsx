import { Select, TagsInput, Textarea, TextInput } from '@mantine/core';
import { Controller, type UseFormReturn } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { directorySchemas, type Values } from '@/features/access/providerForm';

/** What is asked of a directory, and whose Kerberos tickets are of people in it. */
export function DirectoryFields({ form }: { form: UseFormReturn<Values> }) {
  const { t } = useTranslation();
  const { errors } = form.formState;
  const text = (name: 'bind_dn' | 'user_base', label: string) => (
    <TextInput label={label} required {...form.register(name, { required: true })} error={errors[name] && t('form.required')} />
  );
  return (
    <>
      <Controller control={form.control} name="servers" render={({ field }) => <TagsInput label={t('providers.servers')} description={t('providers.serversHelp')} {...field} maxTags={8} />} />
      <Textarea label={t('providers.caCertificates')} description={t('providers.caCertificatesHelp')} autosize minRows={2} maxRows={8} spellCheck={false} {...form.register('ca_certificates')} />
      <Controller
        control={form.control}
        name="schema"
        render={({ field }) => <Select label={t('providers.schema')} allowDeselect={false} {...field} data={directorySchemas.map((value) => ({ value, label: t(`providers.schemas.${value}`) }))} />}
      />
      {text('bind_dn', t('providers.bindDn'))}
      {text('user_base', t('providers.userBase'))}
      <TextInput label={t('providers.kerberosRealm')} description={t('providers.kerberosRealmHelp')} placeholder="EXAMPLE.COM" spellCheck={false} {...form.register('kerberos_realm')} />
      <TextInput label={t('providers.principalFilter')} description={t('providers.principalFilterHelp')} spellCheck={false} {...form.register('principal_filter')} />
    </>
  );
}
