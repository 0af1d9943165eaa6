import { describe, expect, it } from 'vitest';
import type { ClientAuthority } from '@/api/types';
import { certificateState, revocationState } from '@/features/access/certificateState';

const now = new Date('2026-11-01T00:00:00Z');
const authority: ClientAuthority = { id: '1', name: 'Staff', subject: 'CN=Staff', fingerprint: 'ab', not_after: '2030-01-01T00:00:00Z', added: '2026-01-01T00:00:00Z', certificate: '', revocations: null };
const withList = (next: string): ClientAuthority => ({ ...authority, revocations: { issued: '2026-10-01T00:00:00Z', next, certificates: 2 } });

describe('the state of a client certificate', () => {
  it('ends at its last moment, and says so thirty days ahead', () => {
    expect(certificateState('2026-11-01T00:00:00Z', now)).toBe('expired');
    expect(certificateState('2026-11-01T00:00:01Z', now)).toBe('soon');
    expect(certificateState('2026-11-30T23:59:59Z', now)).toBe('soon');
    expect(certificateState('2026-12-01T00:00:00Z', now)).toBe('valid');
  });
});

describe('the state of a revocation list', () => {
  it('is none without a list, and overdue from the moment on at which the next one was due', () => {
    expect(revocationState(authority, now)).toBe('none');
    expect(revocationState(withList('2026-11-01T00:00:00Z'), now)).toBe('overdue');
    expect(revocationState(withList('2026-11-01T00:00:01Z'), now)).toBe('fresh');
  });
});
