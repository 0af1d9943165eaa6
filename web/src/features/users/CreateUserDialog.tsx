import { Button, Group, Modal, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import { showProblem } from '@/api/problem';
import type { ResetLink } from '@/api/types';
import { ScopedRoles } from '@/features/users/ScopedRoles';
import { scopedRoleSchema } from '@/features/users/scopes';
import { useRoleChoices } from '@/features/users/useRoleChoices';
import { Problem } from '@/ui/Problem';

const schema = z
  .object({
    username: z.string().trim().min(1).max(64),
    display_name: z.string().max(200),
    email: z.union([z.literal(''), z.email()]),
    roles: z.array(z.string()),
    scoped_roles: z.array(scopedRoleSchema),
  })
  .refine(({ roles, scoped_roles: scoped }) => roles.length + scoped.length > 0, { path: ['roles'] });
type Values = z.infer<typeof schema>;

/** Without a password: who is added chooses it by the link that `show` shows, once. */
export function CreateUserDialog({ close, show }: { close: () => void; show: (link: ResetLink, name: string) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const choices = useRoleChoices([]);
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { username: '', display_name: '', email: '', roles: ['auditor'], scoped_roles: [] },
  });
  const { errors, isSubmitting } = form.formState;
  const textOf = (name: keyof Values, otherwise: string) => {
    const error = errors[name];
    if (!error) return undefined;
    return error.type === 'server' ? error.message : otherwise;
  };
  const submit = form.handleSubmit(async ({ email, ...values }) => {
    try {
      const made = await bodyOf(api.POST('/users', { params: { header: idempotencyKey() }, body: { ...values, ...(email ? { email } : {}) } }));
      await client.invalidateQueries({ queryKey: ['users'] });
      close();
      if (made.link) show(made.link, made.username);
    } catch (error) {
      setProblem(showProblem(error, ['username', 'display_name', 'email', 'roles', 'scoped_roles'], form.setError));
    }
  });
  return (
    <Modal opened onClose={close} title={t('users.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t('users.username')} required data-autofocus autoComplete="off" {...form.register('username')} error={textOf('username', t('form.length', { min: 1, max: 64 }))} />
          <TextInput label={t('users.displayName')} {...form.register('display_name')} error={textOf('display_name', t('form.invalid'))} />
          <TextInput label={t('users.email')} type="email" {...form.register('email')} error={textOf('email', t('form.email'))} />
          <Controller
            control={form.control}
            name="roles"
            render={({ field }) => <MultiSelect label={t('users.roles')} {...field} error={textOf('roles', t('form.required'))} data={choices} />}
          />
          <Controller
            control={form.control}
            name="scoped_roles"
            render={({ field }) => <ScopedRoles value={field.value} onChange={field.onChange} choices={choices} disabled={false} error={textOf('scoped_roles', t('users.scopeWanting'))} />}
          />
          <Text size="sm">{t('users.addHelp')}</Text>
          {problem !== undefined && <Problem error={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={isSubmitting}>
              {t('users.add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
