import { describe, expect, it } from 'vitest';
import type { IdentityProvider } from '@/api/types';
import { mappingsOf, settingsOf, valuesOf } from '@/features/access/providerForm';

const directory: IdentityProvider = {
  id: '1', kind: 'ldap', name: 'Staff', enabled: true, has_secret: true, created: '2026-01-01T00:00:00Z', etag: '"1"',
  settings: { servers: ['ldaps://dc1.example'], bind_dn: 'cn=w', user_base: 'dc=example', sync_interval_s: 600 },
  mappings: [{ group: 'cn=ops', roles: ['operator'], scoped_roles: [{ role: 'auditor', tags: ['web'] }] }],
};

describe('the form of an identity provider', () => {
  it('keeps the settings and scoped roles that it does not show', () => {
    const values = { ...valuesOf(directory), user_base: 'ou=people' };
    expect(settingsOf(values, directory)).toEqual({ ...directory.settings, user_base: 'ou=people' });
    expect(mappingsOf(values)).toEqual(directory.mappings);
  });
  it('sends the settings of the chosen kind alone', () => {
    const values = { ...valuesOf(undefined), issuer: 'https://id.example', client_id: 'w', servers: ['ldaps://x'] };
    expect(settingsOf(values, undefined)).toEqual({ issuer: 'https://id.example', client_id: 'w' });
    expect(settingsOf({ ...values, kind: 'scim' }, undefined)).toEqual({});
  });
  it('sends whose Kerberos tickets are of people in the directory, and takes them back', () => {
    const values = { ...valuesOf(directory), schema: 'active-directory' as const, kerberos_realm: 'EXAMPLE.COM' };
    const settings = settingsOf(values, directory);
    expect(settings).toMatchObject({ schema: 'active-directory', kerberos_realm: 'EXAMPLE.COM' });
    expect(settingsOf({ ...valuesOf({ ...directory, settings }), kerberos_realm: '' }, { ...directory, settings })).toMatchObject({ kerberos_realm: '' });
  });
  it('leaves out groups without a name', () => {
    expect(mappingsOf(valuesOf(undefined))).toEqual([]);
  });
});
