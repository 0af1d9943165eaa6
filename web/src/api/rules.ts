import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

interface RuleFilter {
  module?: 'log-inspection' | 'ips' | 'integrity' | undefined;
  pack?: string | undefined;
  technique?: string | undefined;
  q?: string | undefined;
}

export const rulesQuery = ({ module, pack, technique, q }: RuleFilter) =>
  pagedQuery(['rules', module, pack, technique, q], (cursor) =>
    bodyOf(api.GET('/rules', { params: { query: { ...withCursor(cursor, 100), ...(module ? { module } : {}), ...(pack ? { pack } : {}), ...(technique ? { technique } : {}), ...(q ? { search: q } : {}) } } })),
  );

export const rulePacksQuery = queryOptions({
  queryKey: ['rule-packs'],
  queryFn: async () => (await bodyOf(api.GET('/rule-packs', { params: { query: { limit: 1000 } } }))).items,
  staleTime: 60_000,
});
