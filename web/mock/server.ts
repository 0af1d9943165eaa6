// Serves dist with the stand-in manager behind it, as the real one would: `web/run mock [PORT]`.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { makeMockManager } from './manager.ts';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const types: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html' };
const manager = makeMockManager();

async function api(request: IncomingMessage, response: ServerResponse) {
  const isBodyless = request.method === 'GET' || request.method === 'HEAD';
  const init: RequestInit & { duplex: 'half' } = { method: request.method ?? 'GET', headers: request.headers as Record<string, string>, duplex: 'half' };
  if (!isBodyless) init.body = Readable.toWeb(request) as ReadableStream;
  const answer = await manager.handle(new Request(`http://127.0.0.1${request.url}`, init));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (!answer.body) return response.end();
  const reader = answer.body.getReader();
  response.on('close', () => void reader.cancel());
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return response.end();
    response.write(value);
  }
}

function file(request: IncomingMessage, response: ServerResponse) {
  const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
  const full = join(dist, path);
  if (path !== '/' && existsSync(full) && statSync(full).isFile()) {
    response.writeHead(200, { 'Content-Type': types[extname(full)] ?? 'application/octet-stream', 'Cache-Control': 'public, max-age=31536000, immutable' });
    return response.end(readFileSync(full));
  }
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': `default-src 'self'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'`,
  });
  return response.end(readFileSync(join(dist, 'index.html'), 'utf8').replace('__CSP_NONCE__', nonce));
}

const server = createServer((request, response) => {
  if (request.url?.startsWith('/api/')) void api(request, response);
  else file(request, response);
});
const happening = setInterval(() => manager.happen(), 4000);
server.on('close', () => clearInterval(happening));
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`);
});
