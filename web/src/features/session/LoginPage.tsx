import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, setCsrfToken } from '@/api/client';
import { statusOf } from '@/api/problem';
import { sessionQuery } from '@/api/queries';
import type { components } from '@/api/schema';
import { Card } from '@/features/session/Card';
import { askPasskey, hasWebAuthn } from '@/features/session/webauthn';
import { Problem } from '@/ui/Problem';

const route = getRouteApi('/login');

/** Only paths of this console are gone back to after login. */
export const safeNext = (next: string | undefined) => (next && /^\/(?![/\\])/.test(next) ? next : '/events');

type Session = components['schemas']['Session'];
type PasskeyRequest = components['schemas']['PasskeyRequest'];

interface Values {
  username: string;
  password: string;
  code: string;
}

export function LoginPage() {
  const { t } = useTranslation();
  const { next } = route.useSearch();
  const client = useQueryClient();
  const router = useRouter();
  const [problem, setProblem] = useState<unknown>();
  const [needsCode, setNeedsCode] = useState(false);
  const [passkey, setPasskey] = useState<PasskeyRequest | null>(null);
  const form = useForm<Values>({ defaultValues: { username: '', password: '', code: '' } });
  const { errors, isSubmitting } = form.formState;
  const { setFocus } = form;
  useEffect(() => setFocus(needsCode ? 'code' : 'username'), [needsCode, setFocus]);
  const enter = (session: Session) => {
    setCsrfToken(session.csrf_token);
    client.clear();
    client.setQueryData(sessionQuery.queryKey, session);
    router.history.push(session.must_change_password ? '/password' : safeNext(next));
  };
  const start = (error: unknown) => {
    form.resetField('password');
    form.resetField('code');
    setNeedsCode(false);
    setPasskey(null);
    setProblem(error instanceof DOMException ? new Error(t('factor.noPasskey')) : error);
  };
  const submit = form.handleSubmit(async ({ username, password, code }) => {
    try {
      const session = await bodyOf(api.POST('/session', { body: { username, password, ...(needsCode ? { code } : {}) } }));
      if (!('needs' in session)) return enter(session);
      setProblem(undefined);
      setPasskey(session.passkey);
      setNeedsCode(true);
    } catch (error) {
      start(error);
    }
  });
  // Beside the password where it was asked for, else alone.
  const usePasskey = async () => {
    try {
      if (passkey) {
        const { username, password } = form.getValues();
        const session = await bodyOf(api.POST('/session', { body: { username, password, passkey: await askPasskey(passkey) } }));
        if (!('needs' in session)) enter(session);
        return;
      }
      const request = await bodyOf(api.POST('/passkey-requests'));
      enter(await bodyOf(api.POST('/passkey-session', { body: await askPasskey(request) })));
    } catch (error) {
      start(error);
    }
  };
  return (
    <Card title={t('session.title')}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t('users.username')} autoComplete="username" {...form.register('username', { required: true })} error={errors.username && t('form.required')} />
          <PasswordInput label={t('session.password')} autoComplete="current-password" visibilityToggleButtonProps={{ 'aria-label': t('session.showPassword') }} {...form.register('password', { required: true })} error={errors.password && t('form.required')} />
          {needsCode && <TextInput label={t('factor.code')} description={t('factor.codeHelp')} autoComplete="one-time-code" {...form.register('code', { required: true })} error={errors.code && t('form.required')} />}
          {problem !== undefined && <LoginProblem error={problem} />}
          <Button type="submit" loading={isSubmitting} fullWidth>
            {t('session.login')}
          </Button>
          {hasWebAuthn() && (!needsCode || passkey) && (
            <Button variant="default" fullWidth onClick={() => void usePasskey()}>
              {t('factor.usePasskey')}
            </Button>
          )}
        </Stack>
      </form>
    </Card>
  );
}

function LoginProblem({ error }: { error: unknown }) {
  const { t } = useTranslation();
  if (statusOf(error) !== 401) return <Problem error={error} />;
  return (
    <Alert role="alert" color="red" variant="outline">
      {t('session.wrong')}
    </Alert>
  );
}
