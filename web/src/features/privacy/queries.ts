import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

export const collectionQuery = queryOptions({ queryKey: ['privacy', 'collection'], queryFn: () => bodyOf(api.GET('/privacy/collection')) });
export const noticeQuery = queryOptions({ queryKey: ['privacy', 'notice'], queryFn: () => bodyOf(api.GET('/privacy/notice')) });
export const subjectsQuery = pagedQuery(['subject-requests'], (cursor) => bodyOf(api.GET('/subject-requests', { params: { query: withCursor(cursor, 1000) } })));
export const retentionQuery = queryOptions({ queryKey: ['privacy', 'retention'], queryFn: () => bodyOf(api.GET('/events/retention')) });
