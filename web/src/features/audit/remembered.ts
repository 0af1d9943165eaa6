// What this browser remembers of a list, as an agent does (docs/audit.md, "Witnesses"): the key and the last checkpoint that
// it has seen. Who makes the list anew cannot make this browser forget.
import { z } from 'zod/mini';

const schema = z.object({ key: z.string(), size: z.number(), root: z.string(), seen: z.string() });
export type Remembered = z.infer<typeof schema>;

/** By tenant: an operator may look at the lists of several. */
const storageKey = (tenant: string) => `warder-audit-${tenant}`;

export function recall(tenant: string): Remembered | undefined {
  try {
    return schema.parse(JSON.parse(localStorage.getItem(storageKey(tenant)) ?? ''));
  } catch {
    return undefined;
  }
}

export function remember(tenant: string, checkpoint: Remembered | undefined): void {
  try {
    if (checkpoint) localStorage.setItem(storageKey(tenant), JSON.stringify(checkpoint));
    else localStorage.removeItem(storageKey(tenant));
  } catch {
    // A browser that keeps nothing still checks entries.
  }
}
