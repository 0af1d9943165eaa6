import { Button, Code, List, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { sessionQuery } from '@/api/queries';
import { Card } from '@/features/session/Card';
import { ProofForm } from '@/features/session/ProofForm';
import { secondFactorQuery, useSecondFactor } from '@/features/session/secondFactor';
import { CopyText } from '@/ui/CopyText';
import { Time } from '@/ui/Time';

/** One's own second factor: what there is, setting one up, removing it. */
export function SecondFactorPage() {
  const { t } = useTranslation();
  const state = useQuery(secondFactorQuery).data;
  const isDemanded = useQuery(sessionQuery).data?.must_enrol === true;
  const { step, begin, confirm, remove } = useSecondFactor();
  if (step.kind === 'codes') return <RecoveryCodes codes={step.codes} />;
  return (
    <Card title={t('factor.title')}>
      <Stack>
        {isDemanded && <Text size="sm">{t('factor.demanded')}</Text>}
        {step.kind === 'setup' && (
          <>
            <Text size="sm">{t('factor.setupHelp')}</Text>
            <CopyText value={step.secret} label={t('factor.secret')} />
            <CopyText value={step.uri} label={t('factor.uri')} />
            <ProofForm key="confirm" wants={['code']} button={t('factor.confirm')} send={confirm} />
          </>
        )}
        {step.kind === 'none' && state?.since === null && (
          <>
            <Text size="sm">{t('factor.none')}</Text>
            <ProofForm key="begin" wants={['password']} button={t('factor.begin')} send={begin} />
          </>
        )}
        {step.kind === 'none' && state && state.since !== null && (
          <>
            <Text size="sm">
              {t('factor.since')} <Time value={state.since} /> · {t('factor.left', { number: state.recovery_codes })}
            </Text>
            {!state.demanded && <ProofForm key="remove" wants={['password', 'code']} button={t('factor.remove')} send={remove} />}
          </>
        )}
        {!isDemanded && <Back />}
      </Stack>
    </Card>
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
