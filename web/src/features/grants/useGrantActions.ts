// What can be done about a grant: each act with its right and why it may be refused.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { sessionQuery } from '@/api/queries';
import type { AccessGrant } from '@/api/types';
import type { Action } from '@/lib/actions';

export interface GrantAct {
  kind: 'agree' | 'refuse' | 'end';
  grant: AccessGrant;
}

export function useGrantActions(begin: (act: GrantAct) => void): Action<AccessGrant>[] {
  const me = useQuery(sessionQuery).data?.user.id;
  return useMemo(() => {
    const act = (kind: GrantAct['kind'], refusal: NonNullable<Action<AccessGrant>['refusal']>): Action<AccessGrant> => ({
      id: kind, label: `grants.${kind}`, right: 'access-grants:decide', single: true, dangerous: kind !== 'agree', refusal,
      run: ([grant]) => grant && begin({ kind, grant }),
    });
    const undecided: NonNullable<Action<AccessGrant>['refusal']> = ([grant]) => {
      if (grant?.state !== 'waiting') return 'grants.notWaiting';
      return grant.operator === me ? 'approvals.ownRequest' : undefined;
    };
    return [act('agree', undecided), act('refuse', undecided), act('end', ([grant]) => (grant?.state === 'ended' ? 'grants.isEnded' : undefined))];
  }, [begin, me]);
}
