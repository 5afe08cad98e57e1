import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allOperations, basePath, createClient, type Client } from '@devmesh/api';
import { MeshError, newId, type Problem } from '@devmesh/foundation';
import { validate } from '@readme/openapi-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi, type TestApi } from './rest-api.fixture.ts';
import { createStaticFiles } from './static-files.ts';

const origin = 'http://api.test';

describe('rest-api', () => {
  let world: TestApi;
  let api: TestApi['api'];
  beforeAll(async () => {
    world = await openTestApi({ REQUESTS_PER_MINUTE: '600' });
    ({ api } = world);
  });
  afterAll(() => world.close());

  const send = (path: string, init?: RequestInit): Promise<Response> => api.fetch(new Request(origin + path, init));
  const clientOf = (key?: string): Client =>
    createClient({ baseUrl: origin, fetch: api.fetch, ...(key === undefined ? {} : { key }) });
  const register = async () => {
    const { adminKey, organization } = await clientOf().identity.registerOrganization({
      body: { slug: `org-${newId()}`, name: 'Acme' },
    });
    return { organization, key: adminKey.token, client: clientOf(adminKey.token) };
  };
  const problemOf = async (response: Response): Promise<Problem> => {
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    return (await response.json()) as Problem;
  };

  it('mounts every operation of the table exactly once, and nothing else [api.declared-once]', () => {
    const mounted = world.features.routes.map(({ operation }) => operation.id);
    expect(mounted.toSorted()).toEqual(allOperations.map(({ id }) => id).toSorted());
  });

  it('serves a valid OpenAPI document that lists every operation [api.openapi-document]', async () => {
    const document = (await (await send('/openapi.json')).json()) as { paths: Record<string, Record<string, unknown>> };
    expect(await validate(structuredClone(document) as never)).toMatchObject({ valid: true });
    for (const { path, method } of allOperations) {
      expect(document.paths[basePath + path]).toHaveProperty(method.toLowerCase());
    }
  });

  it.each(['a\\u0000b', 'a\\ud800b'])('refuses text that cannot be stored, %s, naming the field', async (text) => {
    const { key } = await register();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const body = `{"title":"t","capability":"code","input":{"note":"${text}"}}`;
    const response = await send(`${basePath}/tasks`, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: 'invalid_request', issues: [{ path: 'body.input.note' }] });
    const query = await send(`${basePath}/tasks?cursor=%00`, { headers });
    expect((await problemOf(query)).code).toBe('invalid_request');
  });

  it('serves a page to browse the operations on', async () => {
    const page = await (await send('/reference')).text();
    for (const { path } of allOperations) expect(page).toContain(basePath + path);
  });

  it.each(allOperations.filter(({ scope }) => scope !== 'public'))('refuses $id without a key', async (operation) => {
    const path = basePath + operation.path.replaceAll(/\{\w+\}/gu, newId());
    const response = await send(path, { method: operation.method });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await problemOf(response)).toMatchObject({ code: 'unauthenticated' });
  });

  it('refuses what the scope does not allow, and audits the denial', async () => {
    const { client } = await register();
    const { token, key } = await client.identity.createKey({ body: { name: 'u', type: 'user' } });
    const denied = clientOf(token).identity.listKeys({ query: {} });
    await expect(denied).rejects.toMatchObject({ code: 'forbidden' });
    const { items } = await client.audit.list({ query: {} });
    expect(items[0]).toMatchObject({ actor: `key:${key.id}`, action: 'identity.listKeys', outcome: 'denied' });
  });

  it('names every wrong field of a request at once [api.validated]', async () => {
    const { client } = await register();
    const wrong = client.tasks.createTask({ body: { title: '', capability: 'NOT VALID', priority: 77 } });
    await expect(wrong).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'body.title' }, { path: 'body.capability' }, { path: 'body.priority' }],
    });
  });

  it.each([
    ['a path that does not exist', '/api/v1/nothing', 'GET', 404, 'not_found'],
    ['a method that the path does not answer', '/api/v1/health', 'POST', 405, 'method_not_allowed'],
    ['a file that the console does not have', '/missing.js', 'GET', 404, 'not_found'],
  ])('answers %s with a problem', async (_name, path, method, status, code) => {
    const response = await send(path, { method });
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code, status });
  });

  it('serves the files of the console, and none beside it', async () => {
    const consoleFolder = join(world.consoleFolder, 'console');
    await mkdir(consoleFolder);
    await writeFile(join(consoleFolder, 'index.html'), 'the console');
    await writeFile(join(world.consoleFolder, 'secret.txt'), 'not for you');
    await symlink(join(world.consoleFolder, 'secret.txt'), join(consoleFolder, 'link.txt'));
    const files = createStaticFiles(consoleFolder);
    expect(await (await files('/tasks')).text()).toBe('the console');
    for (const path of ['/../secret.txt', '/..%2fsecret.txt', '/link.txt', '/%00.txt', '/%zz.txt']) {
      expect((await files(path)).status, path).toBe(404);
    }
  });

  it.each([
    ['no JSON', 'text/plain', '{}', 'unsupported_media_type'],
    ['broken JSON', 'application/json', '{"a":', 'malformed_message'],
    ['too deep JSON', 'application/json', '['.repeat(500) + ']'.repeat(500), 'invalid_request'],
  ])('refuses a body of %s', async (_name, type, body, code) => {
    const { key } = await register();
    const headers = { authorization: `Bearer ${key}`, 'content-type': type };
    expect(await problemOf(await send('/api/v1/tasks', { method: 'POST', headers, body }))).toMatchObject({ code });
  });

  it('answers a repeated Idempotency-Key with the first answer and one effect [api.idempotency]', async () => {
    const { client } = await register();
    const create = () =>
      client.tasks.createTask({ body: { title: 'once', capability: 'x' } }, { idempotencyKey: 'the-key' });
    const answers = await Promise.all([create(), create(), create()]);
    answers.push(await create());
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect((await client.tasks.listTasks({ query: {} })).items).toHaveLength(1);
  });

  it('refuses an Idempotency-Key that is used for another request', async () => {
    const { client } = await register();
    const create = (title: string) =>
      client.tasks.createTask({ body: { title, capability: 'x' } }, { idempotencyKey: 'one' });
    await create('first');
    await expect(create('second')).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  it('keeps Idempotency-Keys of organizations apart', async () => {
    const [one, other] = [await register(), await register()];
    const create = (client: Client) =>
      client.tasks.createTask({ body: { title: 'same', capability: 'x' } }, { idempotencyKey: 'shared' });
    expect((await create(one.client)).id).not.toBe((await create(other.client)).id);
  });

  it('limits the requests of a key, and says when to come back', async () => {
    const { key } = await register();
    const headers = { authorization: `Bearer ${key}` };
    const answers = await Promise.all(Array.from({ length: 700 }, () => send('/api/v1/principal', { headers })));
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await problemOf(refused!)).toMatchObject({ code: 'rate_limited' });
  });

  it('reports what works, without a key', async () => {
    const { status, components } = await clientOf().system.health();
    expect(status).toBe('ok');
    expect(components.map(({ name }) => name)).toEqual(['database', 'stream', 'keyvalue', 'blob', 'vault', 'rest-api']);
  });

  it('serves its metrics, with operations measured and no organization named', async () => {
    const { organization } = await register();
    const text = await (await send('/metrics')).text();
    expect(text).toContain('devmesh_database');
    expect(text).not.toContain(organization.id);
  });

  it('reads no body that is larger than its operation takes [http.bounded]', async () => {
    const { key } = await register();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ title: 'x'.repeat(1_048_576), document: 'y' });
    const codes = ['/tasks', '/organizations', '/tools'].map(async (path) => {
      return (await problemOf(await send(basePath + path, { method: 'POST', headers, body }))).code;
    });
    expect(await Promise.all(codes)).toEqual(['too_large', 'too_large', 'invalid_request']);
  });

  it.each(['/api/v1/tasks', '/api/v1/organizations', '/openapi.json', '/', '/ready'])(
    'lets no page of another place read %s [edges.cors]',
    async (path) => {
      const { key } = await register();
      const asked = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
      for (const method of ['OPTIONS', 'GET']) {
        const headers = { ...asked, authorization: `Bearer ${key}` };
        const names = [...(await send(path, { method, headers })).headers.keys()];
        expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
      }
    },
  );

  it('keeps scripts of other places out of its pages', async () => {
    const { headers } = await send('/reference');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  describe('called from its own process, without a request', () => {
    const directly = (key?: string): Client =>
      createClient({
        baseUrl: origin,
        fetch: () => Promise.reject(new Error('A request was made.')),
        perform: api.perform,
        ...(key === undefined ? {} : { key }),
      });
    const outcomeOf = async (calling: Promise<unknown>): Promise<unknown> => {
      try {
        return await calling;
      } catch (error) {
        if (!(error instanceof MeshError)) throw error;
        const { code, message, issues, denial, limit, data, retryAfterSeconds } = error;
        return { code, message, issues, denial, limit, data, waits: retryAfterSeconds !== undefined };
      }
    };

    it('answers and refuses as it does over HTTP [api.one-way-in]', async () => {
      const { key, client } = await register();
      const { token: weak } = await client.identity.createKey({ body: { name: 'u', type: 'user' } });
      const task = await client.tasks.createTask({ body: { title: 'T', capability: 'code' } });
      const unknown = newId();
      const calls: readonly ((asked: Client) => Promise<unknown>)[] = [
        (asked) => asked.tasks.getTask({ params: { taskId: task.id } }),
        (asked) => asked.tasks.listTasks({ query: { limit: 1, status: 'pending' } }),
        (asked) => asked.tasks.listTasks({ query: { limit: 0 } }),
        (asked) => asked.tasks.getTask({ params: { taskId: unknown } }),
        (asked) => asked.tasks.createTask({ body: { title: '', capability: 'no such' } }),
        (asked) => asked.tasks.createTask({ body: { title: 'a\u0000b', capability: 'code' } }),
        (asked) => asked.tools.callTool({ params: { name: 'none' }, body: { arguments: {} } }),
        (asked) => asked.identity.listKeys({ query: {} }),
        (asked) => asked.identity.whoAmI(),
      ];
      for (const credential of [key, weak, `${key}x`, undefined]) {
        const [byRequest, byCall] = [clientOf(credential), directly(credential)];
        for (const call of calls) {
          expect(await outcomeOf(call(byCall))).toEqual(await outcomeOf(call(byRequest)));
        }
      }
    });

    it('has one effect for one Idempotency-Key, whichever way it came', async () => {
      const { key } = await register();
      const body = { title: 'Once', capability: 'code' };
      const idempotencyKey = newId();
      const made = await directly(key).tasks.createTask({ body }, { idempotencyKey });
      expect(await clientOf(key).tasks.createTask({ body }, { idempotencyKey })).toEqual(made);
      expect(await directly(key).tasks.createTask({ body }, { idempotencyKey })).toEqual(made);
      await expect(
        directly(key).tasks.createTask({ body: { ...body, title: 'Other' } }, { idempotencyKey }),
      ).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    });
  });
});
