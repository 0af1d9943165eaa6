// What the pages of tenants ask of the manager.
import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

export const isolationQuery = pagedQuery(['tenant-isolation'], (cursor) => bodyOf(api.GET('/tenant-isolation', { params: { query: withCursor(cursor, 50) } })));
export const templateQuery = queryOptions({ queryKey: ['tenant-template'], queryFn: () => bodyOf(api.GET('/tenant-template')) });

export const usageQuery = (id: string) =>
  queryOptions({ queryKey: ['tenants', id, 'usage'], queryFn: () => bodyOf(api.GET('/tenants/{id}/usage', { params: { path: { id }, query: { days: 31 } } })) });
