// The check of the entries shown, made anew with every further page of them.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, bodyOf } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { sessionQuery } from '@/api/queries';
import type { AuditEntry } from '@/api/types';
import { checkEntries, type Source } from '@/features/audit/check';
import { recall, remember } from '@/features/audit/remembered';

const checkpointOf = (fresh: boolean) => bodyOf(api.GET('/audit/checkpoint', { params: { query: { fresh } } }));

const source: Source = {
  async checkpoint() {
    try {
      return await checkpointOf(true);
    } catch (error) {
      // A log that was touched is not signed as it is; what was signed before still is.
      if (error instanceof ProblemError) return checkpointOf(false);
      throw error;
    }
  },
  inclusion: (index, size) => bodyOf(api.GET('/audit/proofs/inclusion', { params: { query: { index, size } } })),
  consistency: (from, to) => bodyOf(api.GET('/audit/proofs/consistency', { params: { query: { from, to } } })),
};

export function useAuditCheck(entries: readonly AuditEntry[]) {
  const client = useQueryClient();
  const tenant = useQuery(sessionQuery).data?.tenant.id ?? '';
  const key = ['audit-check', tenant, entries.map(({ index, hash }) => `${index}:${hash}`).join()];
  const check = useQuery({
    queryKey: key,
    enabled: entries.length > 0 && tenant !== '',
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => {
      const result = await checkEntries(entries, recall(tenant), source);
      if (result.next) remember(tenant, result.next);
      return result;
    },
  });
  /** To begin anew, after a restored backup for one. */
  const forget = useCallback(async () => {
    remember(tenant, undefined);
    await client.invalidateQueries({ queryKey: ['audit-check', tenant] });
  }, [client, tenant]);
  return { check, forget };
}
