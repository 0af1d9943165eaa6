import { describe, expect, it } from 'vitest';
import type { Event } from '@/api/types';
import { canAllow, refusalToExplain, untilOf } from '@/ui/explanation';

const event = (type: string, fields: Record<string, unknown> = {}) =>
  ({ type, fields: { 'file.path': '/etc/motd', 'file.hash.sha256': 'ab', ...fields } }) as unknown as Event;

describe('explaining changes', () => {
  it('is for changes that nothing explains yet', () => {
    expect(refusalToExplain([event('integrity.file.updated'), event('integrity.entity.created')])).toBeUndefined();
    expect(refusalToExplain([event('integrity.file.updated'), event('log.matched')])).toBe('explain.onlyChanges');
    expect(refusalToExplain([event('integrity.watch.overflow')])).toBe('explain.onlyChanges');
    expect(refusalToExplain([event('integrity.file.updated', { 'change.explained_by': 'x' })])).toBe('explain.already');
  });
  it('allows only content that is known, at a path that can be written down', () => {
    expect(canAllow(event('integrity.file.created'))).toBe(true);
    expect(canAllow(event('integrity.file.deleted'))).toBe(false);
    expect(canAllow(event('integrity.file.created', { 'file.hash.sha256': undefined }))).toBe(false);
    expect(canAllow(event('integrity.file.created', { 'file.path': '/etc/\\xff' }))).toBe(false);
  });
  it('ends when it was said to', () => {
    const now = new Date('2026-11-26T12:00:00Z');
    expect(untilOf('always', now)).toBeUndefined();
    expect(untilOf('week', now)).toBe('2026-12-03T12:00:00.000Z');
  });
});
