import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, sessionQuery, tenantsQuery, withCursor } from '@/api/queries';
import { useCan } from '@/api/session';

/** Those who ask see what concerns them: operators all, others their own tenant's. Others decide, so it is asked again. */
export const grantsQuery = infiniteQueryOptions({
  ...pagedQuery(['access-grants'], (cursor) => bodyOf(api.GET('/access-grants', { params: { query: withCursor(cursor, 100) } }))),
  refetchInterval: 15_000,
});

/** The tenants that the reader may know of. */
export function useTenants() {
  const canRead = useCan('tenants:read');
  const query = useInfiniteQuery({ ...tenantsQuery, enabled: canRead });
  return query.data?.pages.flatMap((page) => page.items) ?? [];
}

export function useTenantNames(): (id: string) => string {
  const own = useQuery(sessionQuery).data?.tenant;
  const tenants = useTenants();
  const names = JSON.stringify([...(own ? [[own.id, own.name]] : []), ...tenants.map(({ id, name }) => [id, name])]);
  return useCallback((id) => new Map(JSON.parse(names) as [string, string][]).get(id) ?? id, [names]);
}
