import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { statusOf } from '@/api/problem';
import type { components } from '@/api/schema';
import { Card } from '@/features/session/Card';
import { useEnter } from '@/features/session/enter';
import { SsoArrival } from '@/features/session/SsoArrival';
import { SsoChoices } from '@/features/session/SsoChoices';
import { askPasskey, hasWebAuthn } from '@/features/session/webauthn';
import { Problem } from '@/ui/Problem';

const route = getRouteApi('/login');

/** "acme" of "acme/ann", as far as it can be the name of a tenant. */
const tenantOf = (username: string, otherwise: string) => /^([a-z0-9-]{1,63})\//.exec(username)?.[1] ?? otherwise;

type PasskeyRequest = components['schemas']['PasskeyRequest'];

interface Values {
  username: string;
  password: string;
  code: string;
}

export function LoginPage() {
  return route.useSearch().sso === 'continue' ? <SsoArrival /> : <LoginForm />;
}

function LoginForm() {
  const { t } = useTranslation();
  const { next, sso, tenant = 'primary' } = route.useSearch();
  const enter = useEnter();
  const [problem, setProblem] = useState<unknown>();
  const [needsCode, setNeedsCode] = useState(false);
  const [passkey, setPasskey] = useState<PasskeyRequest | null>(null);
  const form = useForm<Values>({ defaultValues: { username: '', password: '', code: '' } });
  const { errors, isSubmitting } = form.formState;
  const { setFocus } = form;
  useEffect(() => setFocus(needsCode ? 'code' : 'username'), [needsCode, setFocus]);
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
      if (!('needs' in session)) return enter(session, next);
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
        if (!('needs' in session)) enter(session, next);
        return;
      }
      const request = await bodyOf(api.POST('/passkey-requests'));
      enter(await bodyOf(api.POST('/passkey-session', { body: await askPasskey(request) })), next);
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
          {problem === undefined && sso && sso !== 'continue' && (
            <Alert role="alert" color="red" variant="outline">
              {t(`sso.${sso}`)}
            </Alert>
          )}
          <Button type="submit" loading={isSubmitting} fullWidth>
            {t('session.login')}
          </Button>
          {hasWebAuthn() && (!needsCode || passkey) && (
            <Button variant="default" fullWidth onClick={() => void usePasskey()}>
              {t('factor.usePasskey')}
            </Button>
          )}
          <SsoChoices tenant={tenantOf(form.watch('username'), tenant)} />
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
