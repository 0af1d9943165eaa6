import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { showProblem } from '@/api/problem';
import type { Proof } from '@/features/session/webauthn';
import { Problem } from '@/ui/Problem';

interface Props {
  wants: (keyof Proof)[];
  button: string;
  send: (proof: Proof) => Promise<void>;
  /** A passkey does in place of a code. */
  takesPasskey?: boolean;
}

/** Asks for the password, a code, or both. */
export function ProofForm({ wants, button, send, takesPasskey = false }: Props) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<Proof>({ defaultValues: { password: '', code: '' } });
  const { errors, isSubmitting } = form.formState;
  const textOf = (name: keyof Proof) => (errors[name]?.type === 'server' ? errors[name].message : errors[name] && t('form.required'));
  const submit = form.handleSubmit(async (values) => {
    try {
      await send(values);
      form.reset();
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof DOMException ? new Error(t('factor.noPasskey')) : showProblem(error, wants, form.setError));
    }
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {wants.includes('password') && (
          <PasswordInput label={t('session.currentPassword')} autoComplete="current-password" visibilityToggleButtonProps={{ 'aria-label': t('session.showPassword') }} {...form.register('password', { required: true })} error={textOf('password')} />
        )}
        {wants.includes('code') && (
          <TextInput label={t('factor.code')} description={takesPasskey && t('factor.codeOrPasskey')} autoComplete="one-time-code" {...form.register('code', { required: !takesPasskey })} error={textOf('code')} />
        )}
        {problem !== undefined && <Problem error={problem} />}
        <Button type="submit" loading={isSubmitting} fullWidth>
          {button}
        </Button>
      </Stack>
    </form>
  );
}
