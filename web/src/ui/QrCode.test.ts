import { describe, expect, it } from 'vitest';
import { drawn } from '@/ui/QrCode';

const uri = 'otpauth://totp/Warder:ann?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Warder';
const isDark = (path: string, row: number, column: number) => path.includes(`M${column} ${row}h1v1h-1z`);

describe('a QR code', () => {
  it('has a finder in three corners and not in the fourth, inside of a quiet zone', () => {
    const { side, path } = drawn(uri);
    const last = side - 5;
    const hasFinder = (row: number, column: number) => Array.from({ length: 7 }, (_, step) => step).every((step) => isDark(path, row, column + step) && isDark(path, row + 6, column + step));
    expect(hasFinder(4, 4)).toBe(true);
    expect(hasFinder(4, last - 6)).toBe(true);
    expect(hasFinder(last - 6, 4)).toBe(true);
    expect(hasFinder(last - 6, last - 6)).toBe(false);
    expect(path).not.toMatch(/M[0-3] |M\d+ [0-3]h/);
  });
  it('is another for another text, and grows with it', () => {
    expect(drawn(uri).path).not.toBe(drawn(uri.replace('ann', 'bob')).path);
    expect(drawn(uri.repeat(3)).side).toBeGreaterThan(drawn(uri).side);
  });
});
