import { api, bodyOf, ifMatch } from '@/api/client';
import type { components } from '@/api/schema';

/** Changes an agent as it was when it had this etag. */
export const patchAgent = (id: string, etag: string, body: components['schemas']['AgentUpdate']) => bodyOf(api.PATCH('/agents/{id}', { params: { path: { id }, header: ifMatch(etag) }, body }));
