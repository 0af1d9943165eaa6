// The steps of setting up a second factor.
import { queryOptions, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf } from '@/api/client';

export const secondFactorQuery = queryOptions({
  queryKey: ['second-factor'],
  queryFn: () => bodyOf(api.GET('/session/second-factor')),
});

type Step = { kind: 'none' } | { kind: 'setup'; secret: string; uri: string } | { kind: 'codes'; codes: string[] };

export interface Proof {
  password: string;
  code: string;
}

export function useSecondFactor() {
  const client = useQueryClient();
  const [step, setStep] = useState<Step>({ kind: 'none' });
  const begin = async ({ password }: Proof) => {
    setStep({ kind: 'setup', ...(await bodyOf(api.POST('/session/second-factor', { body: { password } }))) });
  };
  const confirm = async ({ code }: Proof) => {
    const answer = await bodyOf(api.PUT('/session/second-factor', { body: { code } }));
    setStep({ kind: 'codes', codes: answer.recovery_codes });
    await client.invalidateQueries({ queryKey: secondFactorQuery.queryKey });
  };
  const remove = async ({ password, code }: Proof) => {
    await api.POST('/session/second-factor/removal', { body: { password, code } });
    await client.invalidateQueries({ queryKey: secondFactorQuery.queryKey });
  };
  return { step, begin, confirm, remove };
}
