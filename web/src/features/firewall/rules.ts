// A rule's conditions in one line, as the policy has them.
import { z } from 'zod';
import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import type { FirewallRule } from '@/api/types';

const texts = z.array(z.string()).catch([]);
const definitionSchema = z.object({
  protocol: z.string().catch('any'),
  source_addresses: texts,
  source_ports: texts,
  destination_addresses: texts,
  destination_ports: texts,
  interfaces: texts,
  schedule: z.string().catch(''),
  context: z.string().catch(''),
});

const few = (items: readonly string[]) => (items.length > 4 ? `${items.slice(0, 4).join(', ')} … (${items.length})` : items.join(', '));

/** "tcp @offices → :22, 80": who may talk to whom; without what is not restricted. */
export function conditionsOf({ definition }: FirewallRule): string {
  const rule = definitionSchema.parse(definition);
  const negated = (key: string) => (definition[`${key}_not`] === true ? '!' : '');
  const end = (addresses: string[], ports: string[], side: string) =>
    [addresses.length > 0 ? negated(`${side}_addresses`) + few(addresses) : '*', ports.length > 0 ? `:${negated(`${side}_ports`)}${few(ports)}` : ''].join('');
  const limits = [few(rule.interfaces), rule.schedule, rule.context].filter(Boolean);
  return `${negated('protocol')}${rule.protocol} ${end(rule.source_addresses, rule.source_ports, 'source')} → ${end(rule.destination_addresses, rule.destination_ports, 'destination')}${limits.length > 0 ? ` (${limits.join('; ')})` : ''}`;
}

export const rulesQuery = (policyId: string, packet?: string) =>
  queryOptions({
    queryKey: ['policies', 'firewall', policyId, packet ?? ''],
    queryFn: () => bodyOf(api.GET('/policies/{id}/firewall', { params: { path: { id: policyId }, query: packet ? { packet } : {} } })),
    enabled: policyId !== '',
    retry: false,
  });
