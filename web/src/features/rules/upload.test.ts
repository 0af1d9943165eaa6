import { expect, test } from 'vitest';
import { uploadOf } from '@/features/rules/upload';

test('rules come before the file, and their length is that of bytes', async () => {
  const { bytes, request } = uploadOf('# 規則', new File(['capture'], 'a.pcap'));
  expect(bytes).toBe(new TextEncoder().encode('# 規則\n').length);
  expect(await request.bodySerializer().text()).toBe('# 規則\ncapture');
});

test('without rules the file is all there is', async () => {
  const { bytes, request } = uploadOf('', new File(['capture'], 'a.pcap'));
  expect(bytes).toBe(0);
  expect(await request.bodySerializer().text()).toBe('capture');
});
