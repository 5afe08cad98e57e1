import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Served } from './serve-fetch.ts';

/** Passes requests on with a key, as the runner has no way to send one; all else stays as it was sent. */
export async function startKeyProxy(target: string, key: string): Promise<Served> {
  const { host, hostname, port, pathname } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    // What is said of other hosts is meant for the server under test.
    const names = incoming.headers.host === ownHost() ? namesOf(host, incoming.headers.origin) : {};
    const headers = { ...incoming.headers, ...names, authorization: `Bearer ${key}` };
    const forwarded = request({ hostname, port, path: pathname, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.once('error', () => outgoing.destroy());
    outgoing.once('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  const ownHost = (): string => `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://${ownHost()}/mcp`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function namesOf(host: string, origin: string | undefined): Readonly<Record<string, string>> {
  return origin === undefined ? { host } : { host, origin: `http://${host}` };
}
