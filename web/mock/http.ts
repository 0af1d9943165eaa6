// What the stand-in's routes are made of. An area with more than a few routes has its own file beside this one.
export type Json = Record<string, unknown>;
type Handler = (call: Call) => Response | Promise<Response>;
export interface Call {
  request: Request;
  url: URL;
  params: string[];
  body: Json;
}
/** Method, path below /api/v1, the right that it wants ("self": any session), and what answers. */
export type Route = [string, RegExp, string | undefined, Handler];

export const json = (body: unknown, status = 200) => Response.json(body, { status });
export const page = (items: unknown[]) => json({ items, next_cursor: null });
export const problem = (status: number, title: string, detail: string, errors?: { pointer: string; detail: string }[]) =>
  new Response(JSON.stringify({ type: 'about:blank', title, status, detail, code: String(status), ...(errors ? { errors } : {}) }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
