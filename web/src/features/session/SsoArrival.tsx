import { Button, Stack, Text, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { statusOf } from '@/api/problem';
import type { components } from '@/api/schema';
import { Card } from '@/features/session/Card';
import { useEnter } from '@/features/session/enter';
import { askPasskey, hasWebAuthn } from '@/features/session/webauthn';
import { Problem } from '@/ui/Problem';

type Body = components['schemas']['SsoSession'];

/** Back from an identity provider: begins the session, with the second factor where one is asked for. */
export function SsoArrival() {
  const { t } = useTranslation();
  const enter = useEnter();
  const [problem, setProblem] = useState<unknown>();
  const [needsCode, setNeedsCode] = useState(false);
  const [passkey, setPasskey] = useState<components['schemas']['PasskeyRequest'] | null>(null);
  const form = useForm({ defaultValues: { code: '' } });
  const begin = async (second: () => Promise<Body> | Body) => {
    try {
      const session = await bodyOf(api.POST('/sso/session', { body: await second() }));
      setProblem(undefined);
      if (!('needs' in session)) return enter(session);
      setPasskey(session.passkey);
      setNeedsCode(true);
    } catch (error) {
      form.reset();
      setProblem(error instanceof DOMException ? new Error(t('factor.noPasskey')) : error);
      if (error instanceof DOMException) return;
      if (statusOf(error) !== 401) setNeedsCode(false);
    }
  };
  const hasBegun = useRef(false);
  useEffect(() => {
    // Once: what the provider has proven begins one session.
    if (hasBegun.current) return;
    hasBegun.current = true;
    void begin(() => ({}));
  });
  return (
    <Card title={t('session.title')}>
      <form onSubmit={form.handleSubmit(({ code }) => begin(() => ({ code })))} noValidate>
        <Stack>
          {problem === undefined && !needsCode && <Text role="status">{t('sso.arriving')}</Text>}
          {needsCode && <TextInput label={t('factor.code')} description={t('factor.codeHelp')} autoComplete="one-time-code" {...form.register('code', { required: true })} error={form.formState.errors.code && t('form.required')} />}
          {problem !== undefined && <Problem error={problem} />}
          {needsCode && (
            <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
              {t('session.login')}
            </Button>
          )}
          {needsCode && passkey && hasWebAuthn() && (
            <Button variant="default" fullWidth onClick={() => void begin(async () => ({ passkey: await askPasskey(passkey) }))}>
              {t('factor.usePasskey')}
            </Button>
          )}
          {problem !== undefined && <Link to="/login">{t('sso.again')}</Link>}
        </Stack>
      </form>
    </Card>
  );
}
