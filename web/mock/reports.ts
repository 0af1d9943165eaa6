// The stand-in's reports, and what was made of them for the one who is logged in.
import { createHash, randomUUID } from 'node:crypto';
import { type Json, json, page, problem, type Route } from './http.ts';

const day = 86_400_000;
const iso = (time: number) => new Date(time).toISOString();
const missing = () => problem(404, 'Not found', 'no such report');
const types: Record<string, string> = { html: 'text/html', csv: 'text/csv', json: 'application/json', pdf: 'application/pdf' };
const changed = (request: Request, found: Json) => (request.headers.get('if-match') === found.etag ? undefined : problem(412, 'Precondition failed', 'The object has changed since it was read.'));

export function makeReports(now: number, me: { id: string }): Route[] {
  const report = (name: string, more: Json = {}): Json => ({
    id: randomUUID(), name, kind: 'events', filter: '', range: 'previous-day', schedule: null, language: 'en', recipients: [me.id], enabled: true, owner: `user:${me.id}`, created: iso(now - 30 * day),
    next: null, last: null, etag: '"1"', ...more,
  });
  const weekly = report('Weekly events', { filter: 'severity >= medium', range: 'previous-week', schedule: { every: 'week', weekday: 'mon', at: '08:00', zone: 'Asia/Tokyo' }, next: iso(now + 2 * day), last: iso(now - 5 * day) });
  const fleet = report('State of the hosts', { kind: 'hosts', range: '24h', enabled: false });
  const reports = [fleet, weekly];
  const contents = new Map<string, string>();
  const delivery = (of: Json, time: number, reason: string | null = null): Json => {
    const content = JSON.stringify({ query: { filter: of.filter, range: of.range }, tables: [] });
    const made = {
      id: randomUUID(), report_id: of.id, report_name: of.name, kind: of.kind, recipient: me.id, state: reason ? 'failed' : 'made', reason, made: iso(time), occurrence: iso(time), from: iso(time - 7 * day), to: iso(time),
      filter: of.filter, language: of.language, sha256: reason ? null : createHash('sha256').update(content).digest('hex'), rows: reason ? 0 : 42, bytes: reason ? 0 : content.length,
    };
    if (!reason) contents.set(made.id, content);
    return made;
  };
  const deliveries = [delivery(weekly, now - 5 * day), delivery(fleet, now - 6 * day, 'the recipient may not see hosts'), delivery(weekly, now - 12 * day)];
  const of = (id: string | undefined, answer: (found: Json) => Response) => {
    const found = reports.find((each) => each.id === id);
    return found ? answer(found) : missing();
  };
  const timed = (found: Json) => Object.assign(found, { next: found.schedule && found.enabled ? iso(Date.now() + day) : null });
  return [
    ['GET', /^\/reports$/, 'reports:read', () => page(reports.toSorted((a, b) => String(a.name).localeCompare(String(b.name))))],
    ['POST', /^\/reports$/, 'reports:write', ({ body }) => {
      reports.push(timed(report(String(body.name), { ...body, created: iso(Date.now()) })));
      return json(reports.at(-1), 201);
    }],
    ['GET', /^\/reports\/([\w-]+)$/, 'reports:read', ({ params }) => of(params[0], json)],
    ['PATCH', /^\/reports\/([\w-]+)$/, 'reports:write', ({ params, body, request }) => of(params[0], (found) =>
      changed(request, found) ?? json(timed(Object.assign(found, body, { etag: `"${Number.parseInt(String(found.etag).slice(1), 10) + 1}"` }))))],
    ['DELETE', /^\/reports\/([\w-]+)$/, 'reports:write', ({ params, request }) => of(params[0], (found) => {
      const refusal = changed(request, found);
      if (!refusal) reports.splice(reports.indexOf(found), 1);
      return refusal ?? new Response(null, { status: 204 });
    })],
    ['POST', /^\/reports\/([\w-]+)\/run$/, 'reports:write', ({ params }) => of(params[0], (found) => {
      deliveries.unshift(delivery(found, Date.now()));
      Object.assign(found, { last: iso(Date.now()) });
      return json({ recipients: (found.recipients as string[]).length }, 202);
    })],
    ['GET', /^\/report-deliveries$/, 'reports:read', ({ url }) => {
      const only = url.searchParams.get('report');
      return page(deliveries.filter((each) => !only || each.report_id === only));
    }],
    ['GET', /^\/report-deliveries\/([\w-]+)\/content$/, 'reports:read', ({ params, url }) => {
      const format = url.searchParams.get('format') ?? '';
      const content = contents.get(params[0] ?? '');
      if (content === undefined) return missing();
      if (format === 'pdf') return problem(503, 'Unavailable', 'There is no Chromium on the manager');
      return new Response(content, { headers: { 'Content-Type': types[format] ?? 'text/plain', 'Content-Disposition': `attachment; filename="report.${format}"`, 'X-Content-Type-Options': 'nosniff' } });
    }],
  ];
}
