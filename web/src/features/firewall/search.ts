import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

/** Whose rules, which packet is asked about, and which host is looked at. */
export const firewallSearch = z.object({
  policy: lenient(z.uuid()),
  packet: lenient(z.string().check(z.maxLength(1000))),
  host: lenient(z.uuid()),
});
