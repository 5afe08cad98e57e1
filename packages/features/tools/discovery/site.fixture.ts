import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a site got it. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a site answers: a text with its type, or whatever a function makes of the request. */
export type Answer =
  | {
      readonly type: string;
      readonly text: string;
      readonly status?: number;
      readonly headers?: Record<string, string>;
    }
  | ((asked: Asked, response: ServerResponse) => void);

/** A site that imitates a product. */
export interface Site {
  readonly origin: string;
  /** The same server under another name, which is another origin. */
  readonly elsewhere: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** Starts a site of these paths; anything else is 404. */
export async function startSite(paths: (origin: string) => Readonly<Record<string, Answer>>): Promise<Site> {
  const asked: Asked[] = [];
  let known: Readonly<Record<string, Answer>> = {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      asked.push(one);
      const answer = known[url] ?? known[url.split('?', 1)[0] ?? ''];
      if (answer === undefined)
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
      else if (typeof answer === 'function') answer(one, response);
      else
        response.writeHead(answer.status ?? 200, { 'content-type': answer.type, ...answer.headers }).end(answer.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = String((server.address() as AddressInfo).port);
  const origin = `http://127.0.0.1:${port}`;
  known = paths(origin);
  return {
    origin,
    elsewhere: `http://localhost:${port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** JSON as an answer. */
export function json(value: unknown): Answer {
  return { type: 'application/json', text: JSON.stringify(value) };
}

/** A page as an answer. */
export function page(text: string): Answer {
  return { type: 'text/html; charset=utf-8', text: `<!doctype html><html><head>${text}</head><body></body></html>` };
}

/** A small document of OpenAPI. */
export function openapi(title: string, paths: readonly string[] = ['/things']): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: { title, version: '1' },
    paths: Object.fromEntries(paths.map((path) => [path, { get: { operationId: `get ${path}` } }])),
  };
}
