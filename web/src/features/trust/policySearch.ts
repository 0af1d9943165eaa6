import { z } from 'zod/mini';
import { policyStates, readerStates } from '@/features/trust/policyStates';
import { lenient } from '@/lib/lenient';

/** What of the list of policies is shown. */
export const writtenPoliciesSearch = z.object({ state: lenient(z.enum(policyStates)) });
/** Who of a policy's audience is shown. */
export const writtenPolicySearch = z.object({ state: lenient(z.enum(readerStates)) });
/** The policy that is read. */
export const ownPolicySearch = z.object({ policy: lenient(z.uuid()) });
