import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

export const ruleModules = ['log-inspection', 'ips', 'integrity'] as const;

/** Which rules are listed. */
export const rulesSearch = z.object({
  module: lenient(z.enum(ruleModules)),
  pack: lenient(z.string().check(z.maxLength(100))),
  technique: lenient(z.string().check(z.regex(/^T\d{4}(\.\d{3})?$/))),
  q: lenient(z.string().check(z.maxLength(200))),
});
export type RulesSearch = z.infer<typeof rulesSearch>;

export const samples = ['lines', 'capture', 'file', 'paths'] as const;
/** What rules are tried on; the integrity rule that the form begins with. */
export const testSearch = z.object({ on: lenient(z.enum(samples)), rule: lenient(z.string().check(z.maxLength(100))) });
