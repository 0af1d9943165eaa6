import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api } from '@/api/client';
import { showProblem } from '@/api/problem';
import { sessionQuery } from '@/api/queries';
import { Card } from '@/features/session/Card';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';
import { usePasswordRule } from '@/ui/usePasswordRule';

const schema = z
  .object({ current: z.string().min(1).max(1024), new: z.string().min(8).max(1024), again: z.string() })
  .refine((values) => values.new === values.again, { path: ['again'] });
type Values = z.infer<typeof schema>;

export function PasswordPage() {
  const { t } = useTranslation();
  const passwordRule = usePasswordRule();
  const client = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const isForced = useQuery(sessionQuery).data?.must_change_password === true;
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { current: '', new: '', again: '' } });
  const { errors, isSubmitting } = form.formState;
  const textOf = (name: keyof Values, otherwise: string) => (errors[name]?.type === 'server' ? errors[name].message : errors[name] && otherwise);
  const submit = form.handleSubmit(async (values) => {
    try {
      await api.PUT('/session/password', { body: { current: values.current, new: values.new } });
      await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      notifyDone(t('session.passwordChanged'));
      await navigate({ to: '/events' });
    } catch (error) {
      setProblem(showProblem(error, ['current', 'new'], form.setError));
    }
  });
  const toggle = { 'aria-label': t('session.showPassword') };
  return (
    <Card title={t('session.changePassword')}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {isForced && <Text size="sm">{t('session.mustChange')}</Text>}
          <PasswordInput label={t('session.currentPassword')} autoComplete="current-password" visibilityToggleButtonProps={toggle} {...form.register('current')} error={textOf('current', t('form.required'))} />
          <PasswordInput label={t('session.newPassword')} description={passwordRule} autoComplete="new-password" visibilityToggleButtonProps={toggle} {...form.register('new')} error={textOf('new', passwordRule)} />
          <PasswordInput label={t('session.newPasswordAgain')} autoComplete="new-password" visibilityToggleButtonProps={toggle} {...form.register('again')} error={errors.again && t('session.notTheSame')} />
          {problem !== undefined && <Problem error={problem} />}
          <Group justify="flex-end">
            {!isForced && (
              <Button variant="default" onClick={() => router.history.back()}>
                {t('common.cancel')}
              </Button>
            )}
            <Button type="submit" loading={isSubmitting}>
              {t('session.changePassword')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
