import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothing, openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { failureOf } from './slots.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'mutual-tls-'));
let bench: ToolsBench;
let server: Server;
let certificate: string;
let key: string;

function makeCertificate(): void {
  const files = { certificate: join(folder, 'one.pem'), key: join(folder, 'one.key') };
  const subject = ['-subj', '/CN=robot', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const out = ['-keyout', files.key, '-out', files.certificate];
  execFileSync('openssl', ['req', '-x509', ...kind, ...out, ...subject], { stdio: 'ignore' });
  certificate = readFileSync(files.certificate, 'utf8');
  key = readFileSync(files.key, 'utf8');
}

beforeAll(async () => {
  makeCertificate();
  const tls = { cert: certificate, key, ca: certificate, requestCert: true, rejectUnauthorized: true };
  server = createServer(tls, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    // What a careless service tells of what it was shown.
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ name: subject.CN, key }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench = await openToolsBench();
});
afterAll(async () => {
  await bench.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function documentOf(): string {
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'API', version: '1' },
    servers: [{ url: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}` }],
    components: { securitySchemes: { cert: { type: 'mutualTLS' } } },
    security: [{ cert: [] }],
    paths: { '/whoami': { get: { operationId: 'whoami' } } },
  });
}

describe('a service that asks for a client certificate', () => {
  it('is shown that of the organization, whose key shows nowhere [tools.every-scheme]', async () => {
    const principal = await bench.newPrincipal();
    const { tool } = await bench.tools.import(principal, { name: 'api', document: documentOf() }, nothing);
    expect(await failureOf(bench.call(principal, 'api_whoami'))).toMatchObject({ code: 'credential_missing' });
    const credential = { kind: 'mutualTls', certificate, key, authority: certificate } as const;
    await bench.tools.credentials.set(principal, tool.id, 'organization', credential);
    const result = await bench.call(principal, 'api_whoami');
    expect(result.structured).toMatchObject({ name: 'robot' });
    const line = key.split('\n')[1] ?? '';
    for (const text of [JSON.stringify(result), await bench.rowsOf(principal), bench.logLines.join('\n')]) {
      expect(text).not.toContain(line);
      expect(text).not.toContain(Buffer.from(line).toString('hex'));
    }
  });

  it('is shown nothing by another organization', async () => {
    const stranger = await bench.newPrincipal();
    const { tool } = await bench.tools.import(stranger, { name: 'api', document: documentOf() }, nothing);
    await bench.tools.credentials.set(stranger, tool.id, 'organization', { kind: 'none' });
    expect(await failureOf(bench.call(stranger, 'api_whoami'))).toMatchObject({ code: 'upstream_unreachable' });
  });

  it('is set up with a certificate that fits its key, or not at all', async () => {
    const principal = await bench.newPrincipal();
    const { tool } = await bench.tools.import(principal, { name: 'api', document: documentOf() }, nothing);
    const broken = { kind: 'mutualTls', certificate: certificate.slice(0, 200), key } as const;
    const failure = await failureOf(bench.tools.credentials.set(principal, tool.id, 'organization', broken));
    expect(failure).toMatchObject({ code: 'invalid_request' });
    expect(failure.message).not.toContain(key.slice(40, 80));
  });
});
