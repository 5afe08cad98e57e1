import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import { nothing, openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { defaultSettings } from './settings.ts';

const document = JSON.stringify({
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  paths: { '/things': { get: { operationId: 'list', responses: { 200: { description: 'ok' } } } } },
});

describe('how calls of a service are carried out', () => {
  let bench: ToolsBench;
  let server: Server;
  let principal: Principal;
  let toolId: string;
  let asked = 0;
  let answer: (response: ServerResponse) => void;
  beforeAll(async () => {
    bench = await openToolsBench();
    server = createServer((_request, response) => {
      asked += 1;
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(async () => {
    principal = await bench.newPrincipal();
    const baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    toolId = (await bench.tools.import(principal, { name: 'api', document, baseUrl }, nothing)).tool.id;
    asked = 0;
    answer = (response) => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('fine');
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await bench.close();
  });

  const execution = () => bench.tools.execution;
  const call = () => bench.call(principal, 'api_list');

  it('is as by default until the organization sets it, and what it leaves out is again [resilience.settings]', async () => {
    expect(await execution().read(principal, toolId)).toEqual({ settings: defaultSettings, set: [] });
    const set = await execution().set(principal, toolId, { retries: 0, cacheReads: false });
    expect(set).toEqual({
      settings: { ...defaultSettings, retries: 0, cacheReads: false },
      set: ['cacheReads', 'retries'],
    });
    expect(await execution().read(principal, toolId)).toEqual(set);
    await execution().set(principal, toolId, { retries: 1 });
    expect((await execution().read(principal, toolId)).set).toEqual(['retries']);
    const entry = (await bench.trailOf(principal)).items.find(({ action }) => action === 'tools.setExecution');
    expect(entry).toMatchObject({ subject: toolId });
  });

  it('holds from the next call on: no answer is kept, and nothing is tried again [resilience.settings]', async () => {
    await call();
    await call();
    expect(asked).toBe(1);
    await execution().set(principal, toolId, { cacheReads: false, retries: 0 });
    await call();
    await call();
    expect(asked).toBe(3);
    answer = (response) => response.writeHead(503).end();
    expect((await call()).status).toBe(503);
    expect(asked).toBe(4);
  });

  it('bounds the time of a try and the calls at once [resilience.settings]', async () => {
    let release = (): void => undefined;
    answer = (response) => {
      release = () => response.end('late');
    };
    await execution().set(principal, toolId, { timeoutMilliseconds: 1000, retries: 0, concurrent: 1, queue: 0 });
    const other = await bench.newPrincipal();
    const first = call().catch((error: unknown) => error);
    await expect.poll(() => asked).toBe(1);
    await expect(bench.call({ ...principal, userId: other.keyId }, 'api_list')).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await first).toMatchObject({ code: 'upstream_timeout' });
    release();
  });

  it('is of one organization alone', async () => {
    const stranger = await bench.newPrincipal();
    await expect(execution().read(stranger, toolId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(execution().set(stranger, toolId, {})).rejects.toMatchObject({ code: 'not_found' });
  });
});
