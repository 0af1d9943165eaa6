/** What the manager takes. */
export const maxDocumentBytes = 700 * 1024;

/** As the contract wants a document: base64, without the head of a data address. */
export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCodePoint(byte);
  return btoa(text);
}
