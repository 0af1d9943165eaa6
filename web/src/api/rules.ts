import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import { comparison } from '@/lib/filter';

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

type RuleModule = NonNullable<RuleFilter['module']>;

export const ruleQuery = (module: RuleModule, rule: string) =>
  queryOptions({
    queryKey: ['rules', 'one', module, rule],
    queryFn: () => bodyOf(api.GET('/rules/{module}/{rule}', { params: { path: { module, rule } } })),
  });

/** The hosts on which events of a rule came since the moment, those with most first. */
export const ruleHitsQuery = (module: string, rule: string, from: string) =>
  queryOptions({
    queryKey: ['events', 'groups', 'rule', module, rule, from],
    queryFn: async () => (await bodyOf(api.GET('/events/groups', { params: { query: { from, filter: hitsOf(module, rule), by: 'host.name', order: 'count', limit: 50 } } }))).groups,
  });

/** The filter of a rule's events. */
export const hitsOf = (module: string, rule: string) => `${comparison('module', module)} and ${comparison('rule', rule)}`;
