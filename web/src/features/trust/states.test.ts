import { describe, expect, it } from 'vitest';
import type { Commitment, Evidence } from '@/api/types';
import { byNeed, byUrgency, evidenceState } from '@/features/trust/states';

const now = Date.parse('2026-11-28T00:00:00Z');
const of = (issued: string, expires: string, reviewed: string | null = '2026-01-02T00:00:00Z') => ({ issued, expires, reviewed });

describe('evidence', () => {
  it('holds only when reviewed and within its time', () => {
    expect(evidenceState(of('2026-01-01T00:00:00Z', '2027-06-01T00:00:00Z'), now)).toBe('holds');
    expect(evidenceState(of('2026-01-01T00:00:00Z', '2027-06-01T00:00:00Z', null), now)).toBe('unreviewed');
    expect(evidenceState(of('2026-12-01T00:00:00Z', '2027-06-01T00:00:00Z'), now)).toBe('future');
    expect(evidenceState(of('2026-01-01T00:00:00Z', '2026-12-10T00:00:00Z'), now)).toBe('expiring');
    expect(evidenceState(of('2026-01-01T00:00:00Z', '2026-11-28T00:00:00Z'), now)).toBe('expired');
  });

  it('that is over its time, reviewed or not, is expired', () => {
    expect(evidenceState(of('2026-01-01T00:00:00Z', '2026-11-01T00:00:00Z', null), now)).toBe('expired');
  });

  it('comes in the order in which it wants somebody', () => {
    const items = [of('2026-01-01T00:00:00Z', '2027-06-01T00:00:00Z'), of('2026-01-01T00:00:00Z', '2027-06-01T00:00:00Z', null), of('2026-01-01T00:00:00Z', '2026-11-01T00:00:00Z')] as Evidence[];
    expect(byNeed(items, now).map((each) => evidenceState(each, now))).toEqual(['expired', 'unreviewed', 'holds']);
  });
});

it('a promise that fails comes first, one that is not measured before one that holds', () => {
  const items = ['pass', 'not-measured', 'statement', 'fail'].map((state) => ({ id: state, state })) as Commitment[];
  expect(byUrgency(items).map((each) => each.id)).toEqual(['fail', 'not-measured', 'pass', 'statement']);
});
