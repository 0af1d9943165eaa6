import { describe, expect, it } from 'vitest';
import { inheritedValue, problemsOf, refusalsOf, withSetting } from '@/features/policies/draft';
import type { SettingSchema } from '@/lib/schema';

const rescan: SettingSchema = { key: 'rescan_s', type: 'integer', description: '', fallback: 3600, minimum: 60 };

describe('withSetting', () => {
  it('sets and takes away without touching what it was given', () => {
    const before = { integrity: { rescan_s: 60 } };
    expect(withSetting(before, 'integrity', 'enabled', false)).toEqual({ integrity: { rescan_s: 60, enabled: false } });
    expect(withSetting(before, 'integrity', 'rescan_s', undefined)).toEqual({});
    expect(before).toEqual({ integrity: { rescan_s: 60 } });
  });
});

describe('inheritedValue', () => {
  it('is the default without a parent', () => {
    expect(inheritedValue(undefined, 'integrity', rescan)).toEqual({ value: 3600, origin: undefined });
  });
  it('is what the parent has, with where from', () => {
    const origin = { id: 'b', name: 'Base' };
    const parent = [{ section: 'integrity', key: 'rescan_s', value: 120, origin }];
    expect(inheritedValue(parent, 'integrity', rescan)).toEqual({ value: 120, origin });
  });
});

it('finds problems by pointer', () => {
  const sections = [{ name: 'integrity', description: '', settings: [rescan] }];
  expect([...problemsOf(sections, { integrity: { rescan_s: 1 } })]).toEqual([['/integrity/rescan_s', { code: 'low', limit: 60 }]]);
  expect(problemsOf(sections, {}).size).toBe(0);
});

it('reads the pointers of the manager', () => {
  const refusals = refusalsOf([
    { pointer: '/document/integrity/watch/2', detail: 'is relative' },
    { pointer: '/integrity/rescan_s', detail: 'too small' },
    { pointer: '/name', detail: 'taken' },
  ]);
  expect([...refusals]).toEqual([
    ['/integrity/watch', 'is relative'],
    ['/integrity/rescan_s', 'too small'],
  ]);
});
