// What the dashboard of the stand-in asks for.
import { type Json, json, page, problem, type Route } from './http.ts';

export function makeDashboard(now: number): Route[] {
  let tabs: unknown[] = [];
  let version = 0;
  const day = 86_400_000;
  const answer = () => json({ tabs, etag: `"${version}"` });
  const pack = (name: string, age: number): Json => ({ digest: name.padEnd(64, '0'), name, version: '2026.11', bytes: 120_000, signer: 'key', imported: new Date(now - age * day).toISOString(), active: true });
  return [
    ['GET', /^\/session\/dashboard$/, 'self', answer],
    ['PUT', /^\/session\/dashboard$/, 'self', ({ body, request }) => {
      if (request.headers.get('if-match') !== `"${version}"`) return problem(412, 'Precondition failed', 'The object has changed since it was read.');
      tabs = body.tabs as unknown[];
      version += 1;
      return answer();
    }],
    ['GET', /^\/content$/, 'content:read', () => page([pack('loginspection-base', 3), pack('ips-web', 12)])],
  ];
}
