import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { zodResolver } from '@hookform/resolvers/zod';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api } from '@/api/client';
import { showProblem } from '@/api/problem';
import { Card } from '@/features/session/Card';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const schema = z
  .object({ new: z.string().min(8).max(1024), again: z.string() })
  .refine((values) => values.new === values.again, { path: ['again'] });
type Values = z.infer<typeof schema>;

/** Where a one-time link leads. Its token stands behind the '#' and is taken out of the address at once. */
export function ResetPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [token] = useState(() => {
    const text = window.location.hash.slice(1);
    window.history.replaceState(window.history.state, '', window.location.pathname);
    return text;
  });
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { new: '', again: '' } });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    try {
      await api.POST('/password-resets', { body: { token, new: values.new } });
      notifyDone(t('session.passwordChanged'));
      await navigate({ to: '/login' });
    } catch (error) {
      setProblem(showProblem(error, ['new'], form.setError));
    }
  });
  const toggle = { 'aria-label': t('session.showPassword') };
  const newError = errors.new?.type === 'server' ? errors.new.message : errors.new && t('session.passwordRule', { length: 8 });
  return (
    <Card title={t('session.choosePassword')}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">{t('session.linkOnce')}</Text>
          <PasswordInput label={t('session.newPassword')} autoComplete="new-password" visibilityToggleButtonProps={toggle} {...form.register('new')} error={newError} />
          <PasswordInput label={t('session.newPasswordAgain')} autoComplete="new-password" visibilityToggleButtonProps={toggle} {...form.register('again')} error={errors.again && t('session.notTheSame')} />
          {problem !== undefined && <Problem error={problem} />}
          <Button type="submit" loading={isSubmitting} fullWidth>
            {t('session.choosePassword')}
          </Button>
        </Stack>
      </form>
    </Card>
  );
}
