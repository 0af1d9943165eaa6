import { Button, Group, Modal, MultiSelect, Select, Stack, TextInput } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api, bodyOf, ifMatch } from '@/api/client';
import { showProblem } from '@/api/problem';
import { sessionQuery } from '@/api/queries';
import type { User } from '@/api/types';
import { ScopedRoles } from '@/features/users/ScopedRoles';
import { isSameScopes, scopedRoleSchema, scopesOf } from '@/features/users/scopes';
import { useRoleChoices } from '@/features/users/useRoleChoices';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const schema = z.object({
  display_name: z.string().max(200),
  email: z.union([z.literal(''), z.email()]),
  roles: z.array(z.string()),
  scoped_roles: z.array(scopedRoleSchema),
  locale: z.enum(['en', 'ja']),
});
type Values = z.infer<typeof schema>;

/** What differs from the user as it was read: own roles are not sent when they did not change, for nobody may change them. */
function changesOf(user: User, values: Values) {
  const isSameRoles = values.roles.toSorted().join() === user.roles.toSorted().join();
  return {
    ...(values.display_name === user.display_name ? {} : { display_name: values.display_name }),
    ...(values.email === (user.email ?? '') ? {} : { email: values.email || null }),
    ...(isSameRoles ? {} : { roles: values.roles }),
    ...(isSameScopes(values.scoped_roles, scopesOf(user)) ? {} : { scoped_roles: values.scoped_roles }),
    ...(values.locale === user.locale ? {} : { locale: values.locale }),
  };
}

export function EditUserDialog({ user, close }: { user: User; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const choices = useRoleChoices([...user.roles, ...user.scoped_roles.map((each) => each.role)]);
  const isMe = useQuery(sessionQuery).data?.user.id === user.id;
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { display_name: user.display_name, email: user.email ?? '', roles: user.roles, scoped_roles: scopesOf(user), locale: user.locale },
  });
  const { errors, isSubmitting } = form.formState;
  const textOf = (name: keyof Values, otherwise: string) => (errors[name]?.type === 'server' ? errors[name].message : errors[name] && otherwise);
  const submit = form.handleSubmit(async (values) => {
    try {
      await bodyOf(api.PATCH('/users/{id}', { params: { path: { id: user.id }, header: ifMatch(user.etag) }, body: changesOf(user, values) }));
      await client.invalidateQueries({ queryKey: ['users'] });
      notifyDone(t('common.saved'));
      close();
    } catch (error) {
      setProblem(showProblem(error, ['display_name', 'email', 'roles', 'scoped_roles', 'locale'], form.setError));
    }
  });
  return (
    <Modal opened onClose={close} title={t('users.editTitle', { name: user.username })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t('users.displayName')} data-autofocus {...form.register('display_name')} error={textOf('display_name', t('form.invalid'))} />
          <TextInput label={t('users.email')} type="email" {...form.register('email')} error={textOf('email', t('form.email'))} />
          <Controller
            control={form.control}
            name="roles"
            render={({ field }) => <MultiSelect label={t('users.roles')} {...field} disabled={isMe} {...(isMe ? { description: t('users.notYourself') } : {})} error={textOf('roles', t('form.required'))} data={choices} />}
          />
          <Controller
            control={form.control}
            name="scoped_roles"
            render={({ field }) => <ScopedRoles value={field.value} onChange={field.onChange} choices={choices} disabled={isMe} error={textOf('scoped_roles', t('users.scopeWanting'))} />}
          />
          <Controller
            control={form.control}
            name="locale"
            render={({ field }) => <Select label={t('users.locale')} allowDeselect={false} {...field} data={[{ value: 'en', label: 'English' }, { value: 'ja', label: '日本語' }]} />}
          />
          {problem !== undefined && <Problem error={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={isSubmitting}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
