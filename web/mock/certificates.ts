// The stand-in's authorities for client certificates, and whose certificate is whose.
import { createHash, randomUUID } from 'node:crypto';
import { json, page, problem, type Route } from './http.ts';

const day = 86_400_000;
const fingerprint = (pem: unknown) => createHash('sha256').update(String(pem)).digest('hex');
const isPem = (text: unknown) => String(text).includes('-----BEGIN ');
const gone = (list: { id: string }[], id: string | undefined) => {
  const place = list.findIndex((each) => each.id === id);
  if (place < 0) return problem(404, 'Not found', 'There is no such certificate.');
  list.splice(place, 1);
  return new Response(null, { status: 204 });
};

export function makeCertificates(now: number, me: string): Route[] {
  const at = (days: number) => new Date(now + days * day).toISOString();
  const authorities = [
    { id: randomUUID(), name: 'Staff cards', subject: 'CN=Staff CA,O=Example', fingerprint: fingerprint('staff'), not_after: at(900), added: at(-200), certificate: '', revocations: { issued: at(-9), next: at(-2), certificates: 4 } as object | null },
  ];
  const certificates = [{ id: randomUUID(), user_id: me, name: 'Card 17', fingerprint: fingerprint('card'), not_after: at(12), added: at(-100) }];
  return [
    ['GET', /^\/client-authorities$/, 'access-policy:read', () => page(authorities)],
    ['POST', /^\/client-authorities$/, 'access-policy:write', ({ body }) => {
      if (!isPem(body.certificate)) return problem(422, 'Invalid', '/certificate: is no certificate in PEM');
      const made = { id: randomUUID(), name: String(body.name), subject: `CN=${String(body.name)}`, fingerprint: fingerprint(body.certificate), not_after: at(365), added: at(0), certificate: String(body.certificate), revocations: null };
      authorities.push(made);
      return json(made, 201);
    }],
    ['PUT', /^\/client-authorities\/([\w-]+)\/revocations$/, 'access-policy:write', ({ params, body }) => {
      const found = authorities.find((each) => each.id === params[0]);
      if (!found) return problem(404, 'Not found', 'There is no such authority.');
      if (!isPem(body.revocations)) return problem(422, 'Invalid', '/revocations: is no list in PEM');
      return json(Object.assign(found, { revocations: { issued: at(0), next: at(7), certificates: 5 } }));
    }],
    ['DELETE', /^\/client-authorities\/([\w-]+)$/, 'access-policy:write', ({ params }) => gone(authorities, params[0])],
    ['GET', /^\/user-certificates$/, 'users:read', () => page(certificates)],
    ['POST', /^\/user-certificates$/, 'users:write', ({ body }) => {
      if (!isPem(body.certificate)) return problem(422, 'Invalid', '/certificate: is no certificate in PEM');
      if (body.user_id === me && !body.password) return problem(403, 'Forbidden', 'One\'s own certificate wants the password.');
      const made = { id: randomUUID(), user_id: String(body.user_id), name: String(body.name), fingerprint: fingerprint(body.certificate), not_after: at(365), added: at(0) };
      certificates.push(made);
      return json(made, 201);
    }],
    ['DELETE', /^\/user-certificates\/([\w-]+)$/, 'users:write', ({ params }) => gone(certificates, params[0])],
  ];
}
