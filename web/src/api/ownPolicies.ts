import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';

/** What the one who is logged in must acknowledge; nobody has more than one page of the answer. */
export const ownPoliciesQuery = queryOptions({
  queryKey: ['own-policies'],
  queryFn: async () => (await bodyOf(api.GET('/trust/own-policies', { params: { query: { limit: 1000 } } }))).items,
  staleTime: 5 * 60_000,
});
