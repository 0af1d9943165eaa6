import { expect, it } from 'vitest';
import type { PolicyReader, WrittenPolicy, WrittenPolicyVersion } from '@/api/types';
import { policiesByNeed, isOwn, isText, readersByNeed } from '@/features/trust/writtenPolicies';

const reader = (username: string, state: PolicyReader['state']) => ({ username, state }) as PolicyReader;
const policy = (title: string, state: WrittenPolicy['state'], reviewed: string | null = '2026-01-01T00:00:00Z') => ({ state, newest: { title, reviewed } }) as WrittenPolicy;

it('lists what is overdue, then what waits for a review, then the rest by state', () => {
  const items = [policy('all', 'complete'), policy('new version', 'complete', null), policy('empty', 'nobody'), policy('late', 'overdue'), policy('due', 'due')];
  expect(policiesByNeed(items).map((each) => each.newest.title)).toEqual(['late', 'new version', 'due', 'empty', 'all']);
});

it('lists those who are late first, each group by name', () => {
  expect(readersByNeed([reader('ann', 'complete'), reader('zoe', 'overdue'), reader('bob', 'due'), reader('eve', 'overdue')]).map((each) => each.username)).toEqual(['eve', 'zoe', 'bob', 'ann']);
});

it('a version is one’s own for its owner, its deputy and who filed it', () => {
  const version = { owner: 'olga', deputy: '', filed_by: 'fred' } as WrittenPolicyVersion;
  expect(['olga', 'fred', 'rita', undefined].map((each) => isOwn(version, each))).toEqual([true, true, false, false]);
});

it('only text is shown in place', () => {
  expect(['text/plain; charset=utf-8', 'application/pdf'].map((media_type) => isText({ media_type }))).toEqual([true, false]);
});
