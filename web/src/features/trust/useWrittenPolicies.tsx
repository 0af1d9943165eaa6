// The actions of written policies with the dialogs that they open: the list and the page of one policy have the same.
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import type { WrittenPolicy } from '@/api/types';
import { PolicyFilingDialog } from '@/features/trust/PolicyFilingDialog';
import { useWrittenPolicyActions } from '@/features/trust/useWrittenPolicyActions';
import { WrittenTextDialog } from '@/features/trust/WrittenTextDialog';
import type { Action } from '@/lib/actions';

export function useWrittenPolicies(withdrawn?: () => void): { actions: Action<WrittenPolicy>[]; dialogs: ReactNode; file: () => void } {
  const [read, setRead] = useState<WrittenPolicy>();
  const [filed, setFiled] = useState<WrittenPolicy | 'new'>();
  const ways = useMemo(() => ({ read: setRead, fileVersion: setFiled, ...(withdrawn ? { withdrawn } : {}) }), [withdrawn]);
  const [actions, confirmation] = useWrittenPolicyActions(ways);
  const file = useCallback(() => setFiled('new'), []);
  const dialogs = (
    <>
      {read && <WrittenTextDialog policy={read} close={() => setRead(undefined)} />}
      {filed && <PolicyFilingDialog policy={filed === 'new' ? undefined : filed} close={() => setFiled(undefined)} />}
      {confirmation}
    </>
  );
  return { actions, dialogs, file };
}
