import { expect, it } from 'vitest';
import { formatBytes } from '@/lib/bytes';

it.each([[0, '0 byte'], [999, '999 byte'], [1000, '1 kB'], [1234, '1.2 kB'], [45_678_901, '46 MB'], [3e15, '3,000 TB']])('%d is %s', (bytes, text) => {
  expect(formatBytes(bytes, 'en')).toBe(text);
});
