import { Agent, request } from 'node:http';

/** How a request went: the answer, or why there is none. */
export type Posted =
  | { readonly status: number; readonly retryAfterSeconds: number; readonly text: string }
  | { readonly failure: string };

export interface Poster {
  post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<Posted>;
  close(): void;
}

const answerWithin = 10_000;

/** Posts JSON over connections that are kept alive, as senders of webhooks do. Never rejects. */
export function createPoster(url: string, connections: number): Poster {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    post: (path, headers, body) =>
      new Promise((resolve) => {
        const fail = (error: NodeJS.ErrnoException): void => {
          const kept = sent.reusedSocket ? ' on a kept connection' : '';
          resolve({ failure: (error.code ?? error.message) + kept });
        };
        const length = String(Buffer.byteLength(body));
        const sent = request(
          {
            agent,
            hostname,
            port,
            path,
            method: 'POST',
            timeout: answerWithin,
            headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
          },
          (response) => {
            let text = '';
            response.setEncoding('utf8');
            response.on('data', (part: string) => (text += part));
            response.on('error', fail);
            response.on('end', () => {
              const retryAfterSeconds = Number(response.headers['retry-after'] ?? 0) || 0;
              resolve({ status: response.statusCode ?? 0, retryAfterSeconds, text });
            });
          },
        );
        sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
        sent.on('error', fail);
        sent.end(body);
      }),
    close: () => {
      agent.destroy();
    },
  };
}
