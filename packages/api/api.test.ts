import { errorTable } from '@devmesh/foundation';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createClient } from './client.ts';
import { followEvents } from './follow.ts';
import { platformTools } from './platform-tools.ts';
import { allOperations, basePath } from './operations.ts';

const repeated = (values: readonly string[]): string[] =>
  values.filter((value, index) => values.indexOf(value) !== index);
const present = (values: readonly (string | undefined)[]): string[] => values.filter((value) => value !== undefined);

describe('the operation table', () => {
  it('names every operation, route, tool and command once [api.declared-once]', () => {
    const routes = allOperations.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/gu, '{}')}`);
    expect(repeated(allOperations.map(({ id }) => id))).toEqual([]);
    expect(repeated(routes)).toEqual([]);
    expect(repeated(present(allOperations.map(({ mcp }) => mcp?.tool)))).toEqual([]);
    expect(repeated(present(allOperations.map(({ cli }) => cli)))).toEqual([]);
  });

  it.each(allOperations)('$id takes exactly the parameters of its path', ({ path, params }) => {
    const named = [...path.matchAll(/\{(\w+)\}/gu)].map((match) => match[1]);
    expect(Object.keys(params?.shape ?? {})).toEqual(named);
  });

  it.each(allOperations)(
    '$id answers something, or says 204, a stream or a page',
    ({ response, status, stream, page }) => {
      expect(response === undefined).toBe(status === 204 || stream === true || page === true);
    },
  );

  it.each(allOperations)('$id sends no body with a method that has none', ({ method, body, raw }) => {
    const bodyless = method === 'GET' || method === 'DELETE';
    expect(bodyless && (body !== undefined || raw === true)).toBe(false);
  });

  it.each(allOperations)('$id declares errors of the table', ({ errors }) => {
    expect(errors.filter((code) => !Object.hasOwn(errorTable, code))).toEqual([]);
  });
});

describe('platform tools', () => {
  const ajv = addFormats.default(new Ajv2020({ strict: false }));

  it.each(platformTools)(
    '$name has schemas that compile, with objects at their roots',
    ({ inputSchema, outputSchema }) => {
      for (const schema of [inputSchema, ...(outputSchema === undefined ? [] : [outputSchema])]) {
        expect(schema['type']).toBe('object');
        expect(() => ajv.compile(schema)).not.toThrow();
      }
    },
  );

  it.each(platformTools)('$name is a name that fits in 64 characters', ({ name }) => {
    expect(name).toMatch(/^devmesh\.[a-z]+\.[a-z]+$/u);
  });

  it('sort arguments into path and body, and refuse what they do not know', () => {
    const complete = platformTools.find(({ name }) => name === 'devmesh.task.complete')!;
    expect(complete.toInput({ taskId: 't', fence: 3 })).toEqual({
      params: { taskId: 't' },
      query: {},
      body: { fence: 3 },
    });
    expect(() => complete.toInput({ taskId: 't', fnce: 3 })).toThrow(/Unknown argument: fnce/u);
  });
});

describe('the client', () => {
  const answering = (answer: Response) => {
    const requests: Request[] = [];
    const fetch = (request: Request): Promise<Response> => {
      requests.push(request);
      return Promise.resolve(answer);
    };
    return {
      requests,
      client: createClient({ baseUrl: 'http://mesh.test', fetch, key: 'k', traceparent: () => 'tp' }),
    };
  };

  it('refuses what no address can carry', async () => {
    const { client } = answering(Response.json({}));
    const call = client.tools.callTool({ params: { name: 'half \uD800' }, body: {} });
    await expect(call).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('writes the request that the operation declares', async () => {
    const { requests, client } = answering(Response.json({}));
    await client.tasks.completeTask({ params: { taskId: 'a/../b' }, body: { fence: 1 } }, { idempotencyKey: 'i' });
    const [request] = requests;
    expect(request!.url).toBe(`http://mesh.test${basePath}/tasks/a%2F..%2Fb/complete`);
    expect(Object.fromEntries(request!.headers)).toMatchObject({
      authorization: 'Bearer k',
      traceparent: 'tp',
      'idempotency-key': 'i',
      'content-type': 'application/json',
    });
    expect(await request!.json()).toEqual({ fence: 1 });
  });

  it('throws the failure of the server with its own code and issues', async () => {
    const problem = { code: 'rate_limited', detail: 'slow down', issues: [{ path: 'a', message: 'b' }] };
    const { client } = answering(Response.json(problem, { status: 429, headers: { 'retry-after': '7' } }));
    await expect(client.identity.whoAmI()).rejects.toMatchObject({
      code: 'rate_limited',
      message: 'slow down',
      issues: problem.issues,
      retryAfterSeconds: 7,
    });
  });

  it.each([
    ['an error that is no problem document', new Response('<html>', { status: 502 })],
    ['a success that is not JSON', new Response('<html>')],
  ])('does not take %s for an answer', async (_name, answer) => {
    const { client } = answering(answer);
    await expect(client.identity.whoAmI()).rejects.toMatchObject({ code: 'upstream_failed' });
  });

  it('says that the platform does not answer when it does not', async () => {
    const client = createClient({ baseUrl: 'http://mesh.test', fetch: () => Promise.reject(new Error('refused')) });
    await expect(client.system.health()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('follows events across chunks, skips comments, and stops with its signal', async () => {
    const frames = [
      'id: 0-9\nevent: connected\ndata: {}\n\n',
      'id: 1-1\nevent: task.created\nda',
      'ta: {"cursor":"1-1"}\n\n: alive\n\n',
    ];
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const frame of frames) controller.enqueue(new TextEncoder().encode(frame));
      },
    });
    const { client } = answering(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    const stop = new AbortController();
    const seen: string[] = [];
    const onOpen = (cursor: string): number => seen.push(cursor);
    for await (const event of followEvents(client, { signal: stop.signal, onOpen })) {
      seen.push(event.cursor);
      stop.abort();
    }
    expect(seen).toEqual(['0-9', '1-1']);
  });
});

describe('pages', () => {
  it('default to 50 items and refuse more than 200', () => {
    const { query } = allOperations.find(({ id }) => id === 'tasks.list')!;
    expect(query!.parse({})).toMatchObject({ limit: 50 });
    expect(query!.safeParse({ limit: '201' })).toMatchObject({ success: false });
    expect(query!.parse({ limit: '7' })).toMatchObject({ limit: 7 });
    expect(query).toBeInstanceOf(z.ZodObject);
  });
});
