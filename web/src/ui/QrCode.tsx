import makeQrCode from 'qrcode-generator';
import { useMemo } from 'react';

const quiet = 4; // modules of white around it: ISO/IEC 18004

/** A text as a QR code, dark on white in every colour scheme, as cameras want it. */
export function QrCode({ text, label, size = 200 }: { text: string; label: string; size?: number }) {
  const { side, path } = useMemo(() => drawn(text), [text]);
  return (
    <svg role="img" aria-label={label} width={size} height={size} viewBox={`0 0 ${side} ${side}`} shapeRendering="crispEdges">
      <path fill="#fff" d={`M0 0h${side}v${side}h-${side}z`} />
      <path fill="#000" d={path} />
    </svg>
  );
}

export function drawn(text: string): { side: number; path: string } {
  const code = makeQrCode(0, 'M');
  code.addData(text, 'Byte');
  code.make();
  const count = code.getModuleCount();
  const dark: string[] = [];
  for (let row = 0; row < count; row += 1) for (let column = 0; column < count; column += 1) if (code.isDark(row, column)) dark.push(`M${column + quiet} ${row + quiet}h1v1h-1z`);
  return { side: count + 2 * quiet, path: dark.join('') };
}
