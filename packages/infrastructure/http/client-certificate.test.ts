import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { Secret, silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientCertificate } from './guard.ts';
import { createGuardedFetch, type ClosableGuardedFetch } from './guarded-fetch.ts';

const folder = mkdtempSync(join(tmpdir(), 'client-certificate-'));
let server: Server;
let guarded: ClosableGuardedFetch;
let port: number;
let sockets: Set<unknown>;
let location: string | undefined;

function made(name: string): { readonly certificate: string; readonly key: string } {
  const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:one.test,DNS:two.test'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const out = ['-keyout', files.key, '-out', files.certificate];
  execFileSync('openssl', ['req', '-x509', ...kind, ...out, ...subject], { stdio: 'ignore' });
  return { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') };
}

let ada: ClientCertificate;
let bob: ClientCertificate;

beforeAll(async () => {
  const own = made('server');
  const client = (name: string): ClientCertificate => {
    const { certificate, key } = made(name);
    return { certificate, key: new Secret(key), authority: own.certificate };
  };
  ada = client('ada');
  bob = client('bob');
  sockets = new Set();
  const tls = { cert: own.certificate, key: own.key, requestCert: true, rejectUnauthorized: false };
  server = createServer(tls, (request, response) => {
    sockets.add(request.socket);
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    const name = (subject as { CN?: string } | undefined)?.CN ?? 'nobody';
    if (request.url === '/away' && location !== undefined) response.writeHead(302, { location }).end();
    else response.end(name);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  const resolve = () => Promise.resolve(['127.0.0.1']);
  guarded = createGuardedFetch({ allowHosts: ['one.test', 'two.test'], telemetry: silentTelemetry, resolve });
});
afterAll(async () => {
  await guarded.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

async function seen(clientCertificate: ClientCertificate | undefined, tenantId = 'ours', path = '/'): Promise<string> {
  const response = await guarded(`https://one.test:${String(port)}${path}`, { clientCertificate, tenantId });
  return response.text();
}

describe('a client certificate', () => {
  test('is shown to the server, whose own is checked by the authority that it names [outbound.client-certificate]', async () => {
    expect(await seen(ada)).toBe('ada');
    expect(await seen(bob)).toBe('bob');
    await expect(seen(undefined)).rejects.toMatchObject({ code: 'upstream_unreachable' });
    await expect(seen({ ...ada, authority: bob.certificate })).rejects.toMatchObject({ code: 'upstream_unreachable' });
  });

  test('has connections that no other certificate and no other organization shares [outbound.client-certificate]', async () => {
    sockets.clear();
    for (let time = 0; time < 3; time += 1) expect(await seen(ada)).toBe('ada');
    const ofAda = sockets.size;
    expect(ofAda).toBeLessThan(3);
    expect(await seen(bob)).toBe('bob');
    expect(sockets.size).toBe(ofAda + 1);
    expect(await seen(ada, 'theirs')).toBe('ada');
    expect(sockets.size).toBe(ofAda + 2);
    expect(await seen(ada)).toBe('ada');
    expect(sockets.size).toBe(ofAda + 2);
  });

  test('is shown to its own origin only, not to where that redirects [outbound.client-certificate]', async () => {
    location = `https://one.test:${String(port)}/home`;
    expect(await seen(ada, 'ours', '/away')).toBe('ada');
    location = `https://two.test:${String(port)}/`;
    // The other origin is asked without certificate and authority, so its own is not trusted.
    await expect(seen(ada, 'ours', '/away')).rejects.toMatchObject({ code: 'upstream_unreachable' });
  });

  test('goes with streams and sockets too', async () => {
    const url = `https://one.test:${String(port)}/`;
    const { body } = await guarded.stream(url, { clientCertificate: ada, tenantId: 'ours' });
    expect(await new Response(body).text()).toBe('ada');
    const options = guarded.socket(url.replace('https', 'wss'), { clientCertificate: bob });
    const authorized = await new Promise((resolve, reject) => {
      const socket = connect({ host: 'one.test', servername: 'one.test', port, ...options });
      socket.once('error', reject).once('secureConnect', () => {
        resolve(socket.authorized);
        socket.destroy();
      });
    });
    expect(authorized).toBe(true);
  });
});
