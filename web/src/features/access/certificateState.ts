// What a client certificate, or an authority for them, is worth at a time. Unknown and about to end are never shown as good.
import type { ClientAuthority } from '@/api/types';

const soonMs = 30 * 86_400_000;

export type CertificateState = 'valid' | 'soon' | 'expired';

export function certificateState(notAfter: string, now: Date): CertificateState {
  const left = new Date(notAfter).getTime() - now.getTime();
  if (left <= 0) return 'expired';
  return left < soonMs ? 'soon' : 'valid';
}

/** `none`: nobody is asked whether a certificate was revoked. `overdue`: no certificate of the authority holds any more. */
export function revocationState({ revocations }: ClientAuthority, now: Date): 'none' | 'fresh' | 'overdue' {
  if (!revocations) return 'none';
  return new Date(revocations.next) <= now ? 'overdue' : 'fresh';
}
