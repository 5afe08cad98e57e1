import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { Agent, request as openRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { silentTelemetry } from '@devmesh/foundation';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createHostCheck } from './host-check.ts';
import { listenerOf } from './listener-config.ts';
import { createHttpService, type HttpService } from './server.ts';
import { createTlsListener } from './tls.ts';

const folder = mkdtempSync(join(tmpdir(), 'devmesh-tls-'));
const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
const open: HttpService[] = [];

beforeAll(() => {
  makeCertificate('one.example');
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.stop()));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function makeCertificate(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name},IP:127.0.0.1`];
  const made = ['-keyout', files.key, '-out', files.certificate, '-days', '2', '-nodes'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...made, ...subject], { stdio: 'ignore' });
}

async function serve(more: Partial<Parameters<typeof createHttpService>[0]> = {}): Promise<HttpService> {
  const service = createHttpService({
    name: 'test-edge',
    host: '127.0.0.1',
    port: 0,
    fetch: (request) => new Response(new URL(request.url).protocol),
    telemetry: silentTelemetry,
    ...more,
  });
  open.push(service);
  await service.start();
  return service;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

function get(service: HttpService, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const agent = new Agent({ ca: readFileSync(files.certificate), keepAlive: false });
  return new Promise((resolve, reject) => {
    openRequest(
      { agent, host: '127.0.0.1', servername: 'one.example', port: service.address().port, headers },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.once('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, body });
        });
      },
    )
      .once('error', reject)
      .end();
  });
}

/** The version that a client of one version gets, or why it gets none. */
function handshake(service: HttpService, version: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> {
  return new Promise((resolve) => {
    const bounds = { minVersion: version, maxVersion: version, ca: readFileSync(files.certificate) };
    const socket = connectTls({ host: '127.0.0.1', port: service.address().port, ...bounds }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? 'refused');
    });
  });
}

function certificateOf(port: number): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe('where TLS ends here', () => {
  test('it is 1.3 or nothing, and browsers are told to come back over TLS only [edges.tls]', async () => {
    const service = await serve({ tls: files });
    expect(service.address().url).toMatch(/^https:/u);
    const answer = await get(service);
    expect(answer).toMatchObject({ status: 200, body: 'https:' });
    expect(answer.headers['strict-transport-security']).toMatch(/^max-age=\d{8}/u);
    expect(await handshake(service, 'TLSv1.3')).toBe('TLSv1.3');
    expect(await handshake(service, 'TLSv1.2')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  test('plain HTTP on its port is answered by nothing', async () => {
    const service = await serve({ tls: files });
    await expect(fetch(service.address().url.replace('https:', 'http:'))).rejects.toThrow('fetch failed');
  });

  test('files that are no certificate refuse the start in one sentence', async () => {
    const broken = join(folder, 'broken.pem');
    writeFileSync(broken, 'not a certificate');
    await expect(serve({ tls: { ...files, certificate: broken } })).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(serve({ tls: { ...files, key: join(folder, 'none') } })).rejects.toThrow(/TLS_KEY_FILE .*ENOENT/u);
    open.splice(0);
  });

  test('a renewed certificate is taken without a restart, and a broken one is not', async () => {
    makeCertificate('one.example');
    const { log } = silentTelemetry;
    const listener = createTlsListener(files, { settings: {}, log, onRequest: (_request, response) => response.end() });
    await listener.load();
    const { server } = listener;
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve((server.address() as { port: number }).port);
      });
    });
    const nameOf = async (): Promise<unknown> => (await certificateOf(port)).subject.CN;
    expect(await nameOf()).toBe('one.example');
    makeCertificate('two.example');
    utimesSync(files.certificate, new Date(), new Date(Date.now() + 1_000));
    await listener.load();
    expect(await nameOf()).toBe('two.example');
    writeFileSync(files.certificate, 'half of a certifi');
    await expect(listener.load()).rejects.toMatchObject({ code: 'invalid_config' });
    expect(await nameOf()).toBe('two.example');
    makeCertificate('one.example');
    await new Promise((resolve) => server.close(resolve));
  });

  test('both files are needed', () => {
    const half = { TLS_CERT_FILE: 'a', TLS_KEY_FILE: undefined, ALLOWED_HOSTS: [] };
    expect(() => listenerOf(half)).toThrow(/both, or neither/u);
    expect(listenerOf({ ...half, TLS_KEY_FILE: 'b' }).tls).toEqual({ certificate: 'a', key: 'b' });
  });
});

describe('every answer', () => {
  test('keeps browsers from guessing, framing, leaking and running what it carries [edges.headers]', async () => {
    const redirect = Response.redirect('https://elsewhere.example/', 302);
    const service = await serve({ fetch: ({ url }) => (url.endsWith('/away') ? redirect : new Response('{}')) });
    for (const path of ['/', '/away']) {
      const { headers } = await fetch(service.address().url + path, { redirect: 'manual' });
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
      expect(headers.has('strict-transport-security')).toBe(false);
    }
  });

  test('says what its application says instead, and HSTS where a load balancer speaks TLS', async () => {
    const headers = { 'content-security-policy': "default-src 'self'" };
    const service = await serve({
      fetch: () => new Response('', { headers }),
      publishedAt: 'https://mesh.example.com/x',
    });
    const answer = await fetch(service.address().url);
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'self'");
    expect(answer.headers.get('strict-transport-security')).toMatch(/includeSubDomains$/u);
  });
});

describe('a host name that is not ours', () => {
  const local = createHostCheck({ listenHost: '127.0.0.1', allowedHosts: [] });
  const named = createHostCheck({ listenHost: '0.0.0.0', allowedHosts: ['Mesh.example.com'] });
  const unnamed = createHostCheck({ listenHost: '0.0.0.0', allowedHosts: [] });
  const proxied = createHostCheck({
    listenHost: '127.0.0.1',
    allowedHosts: [],
    publishedAt: 'https://Mesh.example.com/',
  });
  const refusal = { code: 'wrong_host' };

  test('is refused with a code, before the application sees it [edges.host]', async () => {
    let seen = 0;
    const tls = files;
    const service = await serve({ tls, fetch: () => new Response(String((seen += 1))) });
    const answer = await get(service, { host: 'evil.example' });
    expect([answer.status, seen]).toEqual([421, 0]);
    expect(JSON.parse(answer.body)).toMatchObject(refusal);
    expect((await get(service, { host: 'localhost:1' })).status).toBe(200);
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '127.1', '', ':80', 'a@localhost'])(
    'on this machine: %j',
    (host) => {
      expect(() => {
        local(host);
      }).toThrow(expect.objectContaining(refusal));
    },
  );

  test.each(['localhost', 'LOCALHOST:8081', 'app.localhost', '127.0.0.1:8081', '[::1]:8081', '10.0.0.7'])(
    'does not take %j for one',
    (host) => {
      for (const check of [local, named, unnamed]) expect(check(host)).toBeUndefined();
    },
  );

  test('is one that nobody published, where names are', () => {
    for (const host of ['mesh.example.com', 'MESH.example.com.:443']) {
      for (const check of [named, proxied, unnamed]) expect(check(host)).toBeUndefined();
    }
    for (const host of ['example.com', 'xmesh.example.com', 'mesh.example.com.evil.example', undefined]) {
      for (const check of [named, proxied]) {
        expect(() => {
          check(host);
        }).toThrow(expect.objectContaining(refusal));
      }
      expect(unnamed(host)).toBeUndefined();
    }
  });
});
