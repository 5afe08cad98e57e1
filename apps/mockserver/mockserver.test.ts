import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { silentTelemetry } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { createMockserver, demoToken } from './index.ts';

const { log } = silentTelemetry;
const call = (server: ReturnType<typeof createMockserver>, path: string, headers: Record<string, string> = {}) =>
  server.fetch(new Request(`http://mock.test${path}`, { headers }));

describe('the mock server', () => {
  it('serves on a socket between start and stop, and answers without one at any time', async () => {
    const server = createMockserver({ port: 0, log });
    expect(() => server.url()).toThrow('does not listen');
    expect((await server.ready()).ready).toBe(false);
    await server.start();
    const url = server.url();
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    expect((await server.ready()).ready).toBe(true);
    await server.stop();
    await server.stop();
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
    expect((await call(server, '/health')).status).toBe(200);
  });

  it('says in one sentence that its port is taken', async () => {
    const first = createMockserver({ port: 0, log });
    await first.start();
    const second = createMockserver({ port: Number(new URL(first.url()).port), log });
    await expect(second.start()).rejects.toMatchObject({ code: 'port_in_use' });
    await second.stop();
    await first.stop();
  });

  it('takes the configured token as a bearer token and as X-Api-Key, and no other', async () => {
    const server = createMockserver({ port: 0, log, token: 'other' });
    const status = async (headers: Record<string, string>) => (await call(server, '/v1/services', headers)).status;
    expect(await status({ authorization: 'Bearer other' })).toBe(200);
    expect(await status({ authorization: 'bearer other' })).toBe(200);
    expect(await status({ 'x-api-key': 'other' })).toBe(200);
    expect(await status({ authorization: 'Basic other' })).toBe(401);
    expect(await status({ 'x-api-key': demoToken })).toBe(401);
    expect((await call(server, '/v1/services')).headers.get('www-authenticate')).toContain('Bearer');
  });

  it('tells unknown paths from wrong methods', async () => {
    const server = createMockserver({ port: 0, log });
    const headers = { authorization: `Bearer ${demoToken}` };
    const url = 'http://mock.test/v1/issues/ISS-1001';
    const wrongMethod = await server.fetch(new Request(url, { method: 'PUT', headers }));
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'GET, PATCH']);
    expect((await call(server, '/v1/nowhere', headers)).status).toBe(404);
    expect((await call(server, '/_control/nowhere')).status).toBe(404);
  });

  it('explains itself on its front page, and what to do while nothing has arrived', async () => {
    const server = createMockserver({ port: 0, log });
    const empty = await (await call(server, '/')).text();
    expect(empty).toContain('Nothing has arrived yet');
    expect(empty).toContain('None: every answer is true');
    await call(server, '/v1/<b>');
    const page = await (await call(server, '/')).text();
    expect(page).not.toContain('Nothing has arrived yet');
    expect(page).not.toContain('<b>');
  });
});

describe('main', () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const run = (environment: Record<string, string>) =>
    spawn(process.execPath, ['--import', 'tsx', main], { env: { ...process.env, ...environment } });

  it('starts alone, says where, and stops on SIGTERM', async () => {
    const child = run({ PORT: '0' });
    for await (const line of createInterface({ input: child.stdout })) {
      const entry = JSON.parse(line) as Record<string, string>;
      if (entry['message'] !== 'listening') continue;
      expect((await fetch(`${entry['url.full']!}/health`)).status).toBe(200);
      child.kill('SIGTERM');
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
  });

  it('names the variable that is wrong and exits with 1', async () => {
    const child = run({ PORT: 'many' });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    expect(child.exitCode).toBe(1);
    expect(said).toMatch(/^invalid_config: [^]*PORT/);
  });
});
