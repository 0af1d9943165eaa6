import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { OwnPolicy, WrittenPolicy } from '@/api/types';

export const assuranceQuery = queryOptions({ queryKey: ['assurance'], queryFn: () => bodyOf(api.GET('/assurance')), refetchInterval: 60_000 });
/** Few enough for one page of the answer. */
export const commitmentsQuery = pagedQuery(['trust', 'commitments'], (cursor) => bodyOf(api.GET('/trust/commitments', { params: { query: withCursor(cursor, 1000) } })));
export const checksQuery = queryOptions({ queryKey: ['trust', 'checks'], queryFn: async () => (await bodyOf(api.GET('/trust/checks', { params: { query: { limit: 1000 } } }))).items });
export const evidenceQuery = pagedQuery(['trust', 'evidence'], (cursor) => bodyOf(api.GET('/trust/evidence', { params: { query: withCursor(cursor, 1000) } })));
export const dutiesQuery = pagedQuery(['trust', 'duties'], (cursor) => bodyOf(api.GET('/trust/duties', { params: { query: withCursor(cursor, 1000) } })));
export const documentsQuery = pagedQuery(['trust', 'requests'], (cursor) => bodyOf(api.GET('/trust/requests', { params: { query: withCursor(cursor, 100) } })));
/** The newest version first: it is in force. */
export const termsQuery = pagedQuery(['trust', 'terms'], (cursor) => bodyOf(api.GET('/trust/terms', { params: { query: withCursor(cursor, 20) } })));
export const writtenPoliciesQuery = pagedQuery(['trust', 'policies'], (cursor) => bodyOf(api.GET('/trust/policies', { params: { query: withCursor(cursor, 1000) } })));
export const writtenPolicyQuery = (id: string) => queryOptions({ queryKey: ['trust', 'policies', id], queryFn: () => bodyOf(api.GET('/trust/policies/{id}', { params: { path: { id } } })) });
export const policyReadersQuery = (id: string) => pagedQuery(['trust', 'policies', id, 'people'], (cursor) => bodyOf(api.GET('/trust/policies/{id}/people', { params: { path: { id }, query: withCursor(cursor, 1000) } })));
/** The text of a version; a document that is no text is saved instead of shown. */
export const writtenTextQuery = ({ id, newest }: WrittenPolicy) =>
  queryOptions({ queryKey: ['trust', 'policies', id, 'text', newest.sha256], queryFn: () => bodyOf(api.GET('/trust/policies/{id}/document', { params: { path: { id } }, parseAs: 'text' })) });
export const ownTextQuery = ({ id, sha256 }: OwnPolicy) =>
  queryOptions({ queryKey: ['own-policies', id, 'text', sha256], queryFn: () => bodyOf(api.GET('/trust/own-policies/{id}/document', { params: { path: { id } }, parseAs: 'text' })) });
/** Through which a link to a document can be mailed. */
export const mailChannelsQuery = pagedQuery(['notice-channels'], (cursor) => bodyOf(api.GET('/notice-channels', { params: { query: withCursor(cursor, 100) } })));
