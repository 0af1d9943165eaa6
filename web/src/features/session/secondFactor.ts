// The steps of setting up a second factor.
import { queryOptions, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf } from '@/api/client';
import { makePasskey, ownProof, type Proof } from '@/features/session/webauthn';

export const secondFactorQuery = queryOptions({
  queryKey: ['second-factor'],
  queryFn: () => bodyOf(api.GET('/session/second-factor')),
});
export const passkeysQuery = queryOptions({
  queryKey: ['passkeys'],
  queryFn: () => bodyOf(api.GET('/session/passkeys')),
});

type Step = { kind: 'none' } | { kind: 'setup'; secret: string; uri: string } | { kind: 'codes'; codes: string[] };

export function useSecondFactor(passkeys: number) {
  const client = useQueryClient();
  const [step, setStep] = useState<Step>({ kind: 'none' });
  const hasPasskeys = passkeys > 0;
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: secondFactorQuery.queryKey });
    await client.invalidateQueries({ queryKey: passkeysQuery.queryKey });
  };
  const begin = async (proof: Proof) => {
    setStep({ kind: 'setup', ...(await bodyOf(api.POST('/session/second-factor', { body: await ownProof(proof, hasPasskeys) }))) });
  };
  const confirm = async ({ code }: Proof) => {
    const answer = await bodyOf(api.PUT('/session/second-factor', { body: { code } }));
    setStep({ kind: 'codes', codes: answer.recovery_codes });
    await refresh();
  };
  const remove = async (proof: Proof) => {
    await api.POST('/session/second-factor/removal', { body: await ownProof(proof, hasPasskeys) });
    await refresh();
  };
  const renewCodes = async (proof: Proof) => {
    const answer = await bodyOf(api.POST('/session/recovery-codes', { body: await ownProof(proof, hasPasskeys) }));
    setStep({ kind: 'codes', codes: answer.recovery_codes });
    await refresh();
  };
  const addPasskey = async (name: string, proof: Proof) => {
    const creation = await bodyOf(api.POST('/session/passkeys/registration', { body: await ownProof(proof, hasPasskeys) }));
    const made = await makePasskey(creation);
    const { recovery_codes: codes } = await bodyOf(api.POST('/session/passkeys', { body: { name, ...made } }));
    if (codes.length > 0) setStep({ kind: 'codes', codes });
    await refresh();
  };
  const removePasskey = async (id: string, proof: Proof) => {
    await api.POST('/session/passkeys/{id}/removal', { params: { path: { id } }, body: await ownProof(proof, hasPasskeys) });
    await refresh();
  };
  return { step, begin, confirm, remove, renewCodes, addPasskey, removePasskey };
}
