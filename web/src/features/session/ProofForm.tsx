import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { showProblem } from '@/api/problem';
import type { Proof } from '@/features/session/secondFactor';
import { Problem } from '@/ui/Problem';

interface Props {
  wants: (keyof Proof)[];
  button: string;
  send: (proof: Proof) => Promise<void>;
}

/** Asks for the password, a code, or both. */
export function ProofForm({ wants, button, send }: Props) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Proof>({ defaultValues: { password: '', code: '' } });
  const { errors, isSubmitting } = form.formState;
  const textOf = (name: keyof Proof) => (errors[name]?.type === 'server' ? errors[name].message : errors[name] && t('form.required'));
  const submit = form.handleSubmit(async (values) => {
    try {
      await send(values);
    } catch (error) {
      setProblem(showProblem(error, wants, form.setError));
    }
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {wants.includes('password') && (
          <PasswordInput label={t('session.currentPassword')} autoComplete="current-password" visibilityToggleButtonProps={{ 'aria-label': t('session.showPassword') }} {...form.register('password', { required: true })} error={textOf('password')} />
        )}
        {wants.includes('code') && <TextInput label={t('factor.code')} autoComplete="one-time-code" {...form.register('code', { required: true })} error={textOf('code')} />}
        {problem !== undefined && <Problem error={problem} />}
        <Button type="submit" loading={isSubmitting} fullWidth>
          {button}
        </Button>
      </Stack>
    </form>
  );
}
