import { expect, it } from 'vitest';
import { fileName } from '@/features/reports/saveDelivery';

it('a file is named for its report and day, without what a name cannot have', () => {
  const made = '2026-11-28T08:00:00Z';
  expect(fileName({ report_name: 'Weekly: a/b', made }, 'csv')).toBe('Weekly  a b 2026-11-28.csv');
  expect(fileName({ report_name: '???', made }, 'pdf')).toBe('report 2026-11-28.pdf');
});
