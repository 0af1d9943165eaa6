import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

const refetchInterval = 15_000;

export const reportsQuery = { ...pagedQuery(['reports'], (cursor) => bodyOf(api.GET('/reports', { params: { query: withCursor(cursor, 1000) } }))), refetchInterval };

/** One's own, of all reports or of one. */
export const deliveriesQuery = (report: string | undefined) => ({
  ...pagedQuery(['report-deliveries', report], (cursor) => bodyOf(api.GET('/report-deliveries', { params: { query: { ...withCursor(cursor, 100), ...(report ? { report } : {}) } } }))),
  refetchInterval,
});

/** Whether the manager understands a filter of events; what is wrong with it is the error. */
export const understoodQuery = (filter: string) => queryOptions({ queryKey: ['events', 'understood', filter], queryFn: () => bodyOf(api.GET('/events', { params: { query: { filter, limit: 1 } } })), retry: false });
