import type { PolicyReader, WrittenPolicy } from '@/api/types';

/** What wants somebody comes first. */
export const policyStates = ['overdue', 'due', 'draft', 'nobody', 'complete'] as const satisfies readonly WrittenPolicy['state'][];
/** What a policy is about; the contract leaves it open, the manager does not. */
export const policySubjects = ['acceptable-use', 'consequences', 'security', 'other'] as const;
export const readerStates = ['overdue', 'due', 'complete'] as const satisfies readonly PolicyReader['state'][];
