import { silentTelemetry } from '@devmesh/foundation';
import type { HttpService } from '@devmesh/infrastructure/process';
import { connectMcp } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEdge } from './index.ts';

/** The discard port: nothing listens there. */
const nowhere = 'http://127.0.0.1:9';
const key = `dm_user_${'a'.repeat(36)}`;

describe('the gateway without its platform', () => {
  let edge: HttpService;
  let url: string;
  beforeAll(async () => {
    edge = createEdge({
      host: '127.0.0.1',
      port: 0,
      platformUrl: nowhere,
      allowedOrigins: [],
      telemetry: silentTelemetry,
    });
    await edge.start();
    ({ url } = edge.address());
  });
  afterAll(() => edge.stop());

  it('starts all the same, and its health says that the platform does not answer', async () => {
    const response = await fetch(`${url}/health`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'unavailable' });
  });

  it.each(['/mcp', '/ws'])('refuses clients at %s as unavailable, not as wrong', async (path) => {
    const address = path === '/ws' ? url.replace('http', 'ws') + path : url + path;
    await expect(connectMcp({ url: address, key, name: 'test', version: '1' })).rejects.toThrow(/does not answer|503/u);
  });

  it('says where MCP is to whoever asks elsewhere', async () => {
    const response = await fetch(`${url}/sse`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('/mcp') });
  });

  it('lets no page of another origin in', async () => {
    const headers = { origin: 'https://evil.example', authorization: `Bearer ${key}` };
    expect((await fetch(`${url}/mcp`, { method: 'POST', headers })).status).toBe(403);
  });
});
