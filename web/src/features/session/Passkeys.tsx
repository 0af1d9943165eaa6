import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProofForm } from '@/features/session/ProofForm';
import { passkeysQuery } from '@/features/session/secondFactor';
import { hasWebAuthn, type Proof } from '@/features/session/webauthn';
import { Time } from '@/ui/Time';

interface Props {
  hasFactor: boolean;
  hasPasskeys: boolean;
  add: (name: string, proof: Proof) => Promise<void>;
  remove: (id: string, proof: Proof) => Promise<void>;
}

/** One's own passkeys: those there are, another one, one less. */
export function Passkeys({ hasFactor, hasPasskeys, add, remove }: Props) {
  const { t } = useTranslation();
  const passkeys = useQuery(passkeysQuery).data?.items ?? [];
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<string>();
  const [name, setName] = useState('');
  const wants: (keyof Proof)[] = hasFactor ? ['password', 'code'] : ['password'];
  const addOne = async (proof: Proof) => {
    await add(name || t('factor.passkey'), proof);
    setAdding(false);
    setName('');
  };
  const removeOne = async (id: string, proof: Proof) => {
    await remove(id, proof);
    setRemoved(undefined);
  };
  return (
    <Stack component="section" aria-label={t('factor.passkeys')}>
      <Title order={2} size="h4">
        {t('factor.passkeys')}
      </Title>
      <Text size="sm">{t('factor.passkeysHelp')}</Text>
      {passkeys.map(({ id, name: own, created }) => (
        <Stack key={id} gap="xs">
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm">
              {own} · <Time value={created} />
            </Text>
            <Button size="xs" variant="default" aria-label={t('factor.removePasskey', { name: own })} onClick={() => setRemoved(removed === id ? undefined : id)}>
              {t('factor.remove')}
            </Button>
          </Group>
          {removed === id && <ProofForm wants={wants} button={t('factor.removePasskey', { name: own })} send={(proof) => removeOne(id, proof)} takesPasskey={hasPasskeys} />}
        </Stack>
      ))}
      {isAdding && (
        <>
          <TextInput label={t('factor.passkeyName')} value={name} maxLength={100} onChange={(event) => setName(event.currentTarget.value)} />
          <ProofForm wants={wants} button={t('factor.makePasskey')} send={addOne} takesPasskey={hasPasskeys} />
        </>
      )}
      {!isAdding && (
        <Button variant="default" disabled={!hasWebAuthn()} onClick={() => setAdding(true)}>
          {t('factor.addPasskey')}
        </Button>
      )}
    </Stack>
  );
}
