// zod/mini, not zod: the rules of addresses are in the first thing that a browser loads.
import { z } from 'zod/mini';

/** What is not understood in an address is left out, not refused. */
export const lenient = <Schema extends z.ZodMiniType>(schema: Schema) => z.catch(z.optional(schema), undefined);
