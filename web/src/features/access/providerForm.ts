// What the form shows of an identity provider; settings and parts of the fleet that it does not show stay as they are.
import { z } from 'zod';
import type { IdentityProvider } from '@/api/types';

export const kinds = ['oidc', 'ldap', 'scim'] as const;
export type Kind = (typeof kinds)[number];
export const isKind = (text: string): text is Kind => kinds.some((each) => each === text);

export const directorySchemas = ['generic', 'active-directory'] as const;

export interface Values {
  kind: Kind;
  name: string;
  issuer: string;
  client_id: string;
  servers: string[];
  bind_dn: string;
  user_base: string;
  schema: (typeof directorySchemas)[number];
  ca_certificates: string;
  kerberos_realm: string;
  principal_filter: string;
  secret: string;
  mappings: IdentityProvider['mappings'];
}

const shown = z.object({ issuer: z.string(), client_id: z.string(), servers: z.array(z.string()), bind_dn: z.string(), user_base: z.string(), schema: z.enum(directorySchemas), ca_certificates: z.string(), kerberos_realm: z.string(), principal_filter: z.string() }).partial();
const of: Record<Kind, readonly (keyof z.infer<typeof shown>)[]> = { oidc: ['issuer', 'client_id'], ldap: ['servers', 'bind_dn', 'user_base', 'schema', 'ca_certificates', 'kerberos_realm', 'principal_filter'], scim: [] };

export function valuesOf(provider: IdentityProvider | undefined): Values {
  const fresh: Values = { kind: 'oidc', name: '', issuer: '', client_id: '', servers: [], bind_dn: '', user_base: '', schema: 'generic', ca_certificates: '', kerberos_realm: '', principal_filter: '', secret: '', mappings: [{ group: '', roles: [] }] };
  if (!provider) return fresh;
  const settings = Object.fromEntries(Object.entries(shown.safeParse(provider.settings).data ?? {}).filter(([, value]) => value !== undefined));
  return { ...fresh, ...settings, kind: isKind(provider.kind) ? provider.kind : 'oidc', name: provider.name, mappings: provider.mappings };
}

/** The settings of the kind that say something, over those that are there. */
export function settingsOf(values: Values, provider: IdentityProvider | undefined): Record<string, unknown> {
  const [there, usual] = [provider?.settings ?? {}, valuesOf(undefined)];
  const said = of[values.kind].filter((key) => key in there || values[key] !== usual[key]);
  return { ...there, ...Object.fromEntries(said.map((key) => [key, values[key]])) };
}

/** Without lines that were left empty. */
export const mappingsOf = (values: Values) => values.mappings.map((each) => ({ ...each, group: each.group.trim() })).filter((each) => each.group !== '');
