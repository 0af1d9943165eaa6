// The one way to the manager's REST API.
import createClient, { type Middleware } from 'openapi-fetch';
import { problemFrom } from '@/api/problem';
import type { paths } from '@/api/schema';

const credentials = { csrf: '', locale: 'en' };

/** The token that state-changing requests repeat, from the session. */
export function setCsrfToken(token: string): void {
  credentials.csrf = token;
}
/** The language of what the manager writes, event titles above all. */
export function setApiLocale(locale: string): void {
  credentials.locale = locale;
}

const safe = new Set(['GET', 'HEAD']);

const middleware: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', credentials.locale);
    if (!safe.has(request.method) && credentials.csrf) request.headers.set('X-CSRF-Token', credentials.csrf);
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return undefined;
    throw problemFrom(response, await response.json().catch(() => undefined));
  },
};

export const apiBase = `${globalThis.location?.origin ?? ''}/api/v1`;
export const api = createClient<paths>({
  baseUrl: apiBase,
  fetch: (request) => globalThis.fetch(request),
});
api.use(middleware);

/** The body of an answer; errors have been thrown by then. */
export async function bodyOf<Body>(answer: Promise<{ data?: Body }>): Promise<Body> {
  const { data } = await answer;
  return data as Body;
}

/** Opens a stream of server-sent events; `lastId` resumes one. */
export async function openStream(path: string, signal: AbortSignal, lastId?: string): Promise<Response> {
  const response = await fetch(`${apiBase}${path}`, {
    signal,
    headers: {
      Accept: 'text/event-stream',
      'Accept-Language': credentials.locale,
      ...(lastId ? { 'Last-Event-ID': lastId } : {}),
    },
  });
  if (!response.ok) throw problemFrom(response, await response.json().catch(() => undefined));
  return response;
}

/** For POST requests that must not happen twice when they are retried. */
export const idempotencyKey = () => ({ 'Idempotency-Key': crypto.randomUUID() });
export const ifMatch = (etag: string) => ({ 'If-Match': etag });
