// What the lists of evidence and duties are narrowed to; it stands in the address.
import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

export const evidenceStates = ['expired', 'unreviewed', 'expiring', 'future', 'holds'] as const;
export const dutyStates = ['overdue', 'unassigned', 'due', 'held'] as const;
export const spans = ['week', 'month', 'quarter'] as const;

const text = lenient(z.string().check(z.maxLength(200)));
const shared = { owner: text, duty: text, within: lenient(z.enum(spans)) };
export const evidenceSearch = z.object({ ...shared, state: lenient(z.enum(evidenceStates)) });
export const dutySearch = z.object({ ...shared, state: lenient(z.enum(dutyStates)) });

export type TrustSearch = { [Key in keyof typeof shared]?: z.infer<(typeof shared)[Key]> | undefined };
