import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

/** Hosts to choose from, by name. */
export const hostsQuery = pagedQuery(['agents', 'hosts'], (cursor) => bodyOf(api.GET('/agents', { params: { query: withCursor(cursor, 1000) } })));
