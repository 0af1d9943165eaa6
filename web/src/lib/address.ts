/** An address of the console: a path and what of `search` is there, readable in the address bar. */
export function addressOf(path: string, search: Record<string, string | undefined>): string {
  const text = new URLSearchParams(Object.entries(search).flatMap(([key, value]) => (value ? [[key, value]] : []))).toString();
  return text ? `${path}?${text}` : path;
}
