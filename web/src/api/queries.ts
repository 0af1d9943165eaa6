// Queries that more than one feature asks.
import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query';
import { api, bodyOf, setCsrfToken } from '@/api/client';
import { ProblemError, statusOf } from '@/api/problem';
import type { Session } from '@/api/types';
import type { ViewPage } from '@/lib/views';

/** A page of a list that has a cursor. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        // What the manager refuses it refuses again; only an unreachable or overloaded one is asked once more.
        retry: (count, error) => count < 2 && !(error instanceof ProblemError && error.status < 500),
      },
    },
  });
}

/** All pages of a short list (groups, policies, users of one tenant). */
async function allOf<Item>(page: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 50; pages += 1) {
    const answer = await page(cursor);
    items.push(...answer.items);
    if (answer.next_cursor === null) break;
    cursor = answer.next_cursor;
  }
  return items;
}

const withCursor = (cursor: string | undefined, limit: number) => ({ limit, ...(cursor ? { cursor } : {}) });

/** Where the tenant's people can log in other than here. */
export const loginProvidersQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['login-providers', tenant],
    queryFn: () => allOf((cursor) => bodyOf(api.GET('/sso/{tenant}/providers', { params: { path: { tenant }, query: withCursor(cursor, 100) } }))),
    staleTime: 60_000,
  });

/** Who is logged in; null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async (): Promise<Session | null> => {
    try {
      const session = await bodyOf(api.GET('/session'));
      setCsrfToken(session.csrf_token);
      return session;
    } catch (error) {
      if (statusOf(error) === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

/** The views that are kept of a page. */
export const savedSearchesQuery = (page: ViewPage) =>
  queryOptions({
    queryKey: ['saved-searches', page],
    queryFn: () => allOf((cursor) => bodyOf(api.GET('/saved-searches', { params: { query: { page, ...withCursor(cursor, 1000) } } }))),
  });

/** The tenant's rules for passwords and sessions. */
export const passwordPolicyQuery = queryOptions({
  queryKey: ['password-policy'],
  queryFn: () => bodyOf(api.GET('/password-policy')),
  staleTime: 60_000,
});

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: () => bodyOf(api.GET('/system')),
  staleTime: 60_000,
});

export const groupsQuery = queryOptions({
  queryKey: ['groups'],
  queryFn: () => allOf((cursor) => bodyOf(api.GET('/groups', { params: { query: withCursor(cursor, 1000) } }))),
});

export const smartGroupsQuery = queryOptions({
  queryKey: ['smart-groups'],
  queryFn: () => allOf((cursor) => bodyOf(api.GET('/smart-groups', { params: { query: withCursor(cursor, 1000) } }))),
});

export const policiesQuery = queryOptions({
  queryKey: ['policies'],
  queryFn: () => allOf((cursor) => bodyOf(api.GET('/policies', { params: { query: withCursor(cursor, 1000) } }))),
});

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: () => allOf((cursor) => bodyOf(api.GET('/users', { params: { query: withCursor(cursor, 1000) } }))),
});

/** From where people of the tenant may come in, and by what. */
export const accessPolicyQuery = queryOptions({ queryKey: ['access-policy'], queryFn: () => bodyOf(api.GET('/access-policy')) });

/** Built-in roles and the tenant's own. */
export const rolesQuery = queryOptions({ queryKey: ['roles'], queryFn: async () => (await bodyOf(api.GET('/roles'))).items });

/** A list that is read page by page while scrolling. */
export function pagedQuery<Whole extends Page<unknown>>(key: readonly unknown[], page: (cursor: string | undefined) => Promise<Whole>) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam }) => page(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}
export { withCursor };

export const apiKeysQuery = pagedQuery(['api-keys'], (cursor) => bodyOf(api.GET('/api-keys', { params: { query: withCursor(cursor, 100) } })));
export const identityProvidersQuery = pagedQuery(['identity-providers'], (cursor) => bodyOf(api.GET('/identity-providers', { params: { query: withCursor(cursor, 100) } })));
export const clientAuthoritiesQuery = pagedQuery(['client-authorities'], (cursor) => bodyOf(api.GET('/client-authorities', { params: { query: withCursor(cursor, 100) } })));
export const userCertificatesQuery = pagedQuery(['user-certificates'], (cursor) => bodyOf(api.GET('/user-certificates', { params: { query: withCursor(cursor, 100) } })));
export const deadLettersQuery = (id: string) =>
  pagedQuery(['destinations', id, 'dead-letters'], (cursor) => bodyOf(api.GET('/destinations/{id}/dead-letters', { params: { path: { id }, query: withCursor(cursor, 100) } })));
export const destinationsQuery = pagedQuery(['destinations'], (cursor) => bodyOf(api.GET('/destinations', { params: { query: withCursor(cursor, 100) } })));
export const tenantsQuery = pagedQuery(['tenants'], (cursor) => bodyOf(api.GET('/tenants', { params: { query: withCursor(cursor, 100) } })));
export const approvalsQuery = pagedQuery(['approvals'], (cursor) => bodyOf(api.GET('/approvals', { params: { query: withCursor(cursor, 100) } })));
