// What the pages of the daily review ask of the manager.
import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';

export const reviewsQuery = pagedQuery(['reviews'], (cursor) => bodyOf(api.GET('/reviews', { params: { query: withCursor(cursor, 31) } })));
export const reviewQuery = (day: string) => queryOptions({ queryKey: ['reviews', day], queryFn: () => bodyOf(api.GET('/reviews/{day}', { params: { path: { day } } })) });
export const systemsQuery = (day: string, result: 'gap' | 'look' | 'quiet' | undefined) =>
  pagedQuery(['reviews', day, 'systems', result], (cursor) => bodyOf(api.GET('/reviews/{day}/systems', { params: { path: { day }, query: { ...withCursor(cursor, 100), ...(result ? { result } : {}) } } })));
export const signOffsQuery = (day: string) => pagedQuery(['reviews', day, 'sign-offs'], (cursor) => bodyOf(api.GET('/reviews/{day}/sign-offs', { params: { path: { day }, query: withCursor(cursor, 100) } })));
export const reviewSettingsQuery = queryOptions({ queryKey: ['review-settings'], queryFn: () => bodyOf(api.GET('/review-settings')) });
