/** The form in which a sample is sent: rules of one's own, then the file; and how many bytes the rules have. */
export function uploadOf(rules: string, file: File): { bytes: number; request: { body: string; bodySerializer: () => Blob; headers: { 'Content-Type': string } } } {
  const head = new TextEncoder().encode(rules === '' || rules.endsWith('\n') ? rules : `${rules}\n`);
  // The generated types know a binary body as text.
  return {
    bytes: head.length,
    request: { body: '', bodySerializer: () => new Blob([head, file]), headers: { 'Content-Type': 'application/octet-stream' } },
  };
}

/** What the manager takes. */
export const maxFileBytes = 16 * 1024 * 1024;
