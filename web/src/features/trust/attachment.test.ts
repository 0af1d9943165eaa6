import { expect, it } from 'vitest';
import { base64Of } from '@/features/trust/attachment';

it('a document of any bytes is base64', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const back = Uint8Array.from(atob(await base64Of(new Blob([bytes]))), (each) => each.codePointAt(0) ?? -1);
  expect(back).toEqual(bytes);
});
