import type { Commitment } from '@/api/types';

/** What wants somebody comes first. */
export const promiseStates = ['fail', 'unknown', 'stale', 'not-measured', 'not-claimed', 'pass', 'statement'] as const satisfies readonly Commitment['state'][];
