import { Button, Code, List, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sessionQuery } from '@/api/queries';
import { Card } from '@/features/session/Card';
import { Passkeys } from '@/features/session/Passkeys';
import { ProofForm } from '@/features/session/ProofForm';
import { secondFactorQuery, useSecondFactor } from '@/features/session/secondFactor';
import type { Proof } from '@/features/session/webauthn';
import { CopyText } from '@/ui/CopyText';
import { QrCode } from '@/ui/QrCode';
import { Time } from '@/ui/Time';

/** One's own second factor: what there is, setting one up, removing it. */
export function SecondFactorPage() {
  const { t } = useTranslation();
  const state = useQuery(secondFactorQuery).data;
  const isDemanded = useQuery(sessionQuery).data?.must_enrol === true;
  const passkeys = state?.passkeys ?? 0;
  const factor = useSecondFactor(passkeys);
  const { step } = factor;
  if (step.kind === 'codes') return <RecoveryCodes codes={step.codes} />;
  const hasCodes = state !== undefined && state.since !== null;
  const hasFactor = hasCodes || passkeys > 0;
  return (
    <Card title={t('factor.title')}>
      <Stack>
        {isDemanded && <Text size="sm">{t('factor.demanded')}</Text>}
        {step.kind === 'setup' && (
          <>
            <Text size="sm">{t('factor.setupHelp')}</Text>
            <QrCode text={step.uri} label={t('factor.qr')} />
            <CopyText value={step.secret} label={t('factor.secret')} />
            <CopyText value={step.uri} label={t('factor.uri')} />
            <ProofForm key="confirm" wants={['code']} button={t('factor.confirm')} send={factor.confirm} />
          </>
        )}
        {step.kind === 'none' && state && !hasCodes && (
          <>
            <Text size="sm">{t('factor.none')}</Text>
            <ProofForm key="begin" wants={hasFactor ? ['password', 'code'] : ['password']} button={t('factor.begin')} send={factor.begin} takesPasskey={passkeys > 0} />
          </>
        )}
        {step.kind === 'none' && state && state.since !== null && (
          <>
            <Text size="sm">
              {t('factor.since')} <Time value={state.since} />
            </Text>
            {(!state.demanded || passkeys > 0) && <ProofForm key="remove" wants={['password', 'code']} button={t('factor.remove')} send={factor.remove} takesPasskey={passkeys > 0} />}
          </>
        )}
        {step.kind === 'none' && state?.passkeys_available && (
          <Passkeys hasFactor={hasFactor} hasPasskeys={passkeys > 0} add={factor.addPasskey} remove={factor.removePasskey} />
        )}
        {step.kind === 'none' && hasFactor && <RenewCodes left={state?.recovery_codes ?? 0} takesPasskey={passkeys > 0} renew={factor.renewCodes} />}
        {!isDemanded && <Back />}
      </Stack>
    </Card>
  );
}

function RenewCodes({ left, takesPasskey, renew }: { left: number; takesPasskey: boolean; renew: (proof: Proof) => Promise<void> }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <Stack component="section" aria-label={t('factor.recoveryCodes')}>
      <Text size="sm">{t('factor.left', { number: left })}</Text>
      {isOpen && <ProofForm wants={['password', 'code']} button={t('factor.makeCodes')} send={renew} takesPasskey={takesPasskey} />}
      {!isOpen && (
        <Button variant="default" onClick={() => setOpen(true)}>
          {t('factor.renewCodes')}
        </Button>
      )}
    </Stack>
  );
}

function Back() {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <Button variant="default" onClick={() => router.history.push('/events')}>
      {t('factor.back')}
    </Button>
  );
}

function RecoveryCodes({ codes }: { codes: string[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const router = useRouter();
  const goOn = async () => {
    await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
    router.history.push('/events');
  };
  return (
    <Card title={t('factor.recoveryCodes')}>
      <Stack>
        <Text size="sm">{t('factor.recoveryHelp')}</Text>
        <List listStyleType="none">
          {codes.map((code) => (
            <List.Item key={code}>
              <Code>{code}</Code>
            </List.Item>
          ))}
        </List>
        <Button onClick={() => void goOn()}>{t('factor.kept')}</Button>
      </Stack>
    </Card>
  );
}
