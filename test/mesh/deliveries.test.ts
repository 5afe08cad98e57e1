import { createClient } from '@devmesh/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

interface Received {
  readonly id: string;
  readonly body: string;
  readonly refusal?: string;
}

let world: TestMesh;
let url: string;
beforeAll(async () => {
  world = await openTestMesh();
  url = `${world.mesh.mockUrl}/receivers/mine`;
});
afterAll(() => world.close());

/** Makes the receiver expect a secret; it is another program than the one that signs. */
const expectSecret = (secret: string) =>
  fetch(`${world.mesh.mockUrl}/_control/receivers/mine`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ secrets: [secret] }),
  });

const received = async (): Promise<readonly Received[]> => {
  const answer = await fetch(`${world.mesh.mockUrl}/_control/receivers/mine`);
  return ((await answer.json()) as { webhooks: readonly Received[] }).webhooks;
};

describe('an organization', () => {
  it('is sent what happens, signed, at the endpoint that it named, and reads how that went [webhooks.out]', async () => {
    const { client: api } = await world.register();
    const { endpoint, secret } = await api.endpoints.create({ body: { url, eventTypes: ['task.*'] } });
    await expectSecret(secret);
    const task = await api.tasks.createTask({ body: { title: 'Grüße', capability: 'x' } });
    await expect.poll(received, { timeout: 15_000 }).toHaveLength(1);
    const [got] = (await received()) as [Received];
    expect(got).not.toHaveProperty('refusal');
    expect(JSON.parse(got.body)).toMatchObject({ type: 'task.created', data: { subjectId: task.id } });
    const delivered = async () => (await api.deliveries.list({ query: { status: 'delivered' } })).items;
    await expect.poll(delivered, { timeout: 10_000 }).toMatchObject([{ id: got.id, attempts: 1 }]);
    expect(await api.deliveries.get({ params: { deliveryId: got.id } })).toMatchObject({
      payload: got.body,
      log: [{ number: 1, succeeded: true, statusCode: 204 }],
    });
    const params = { endpointId: endpoint.id };
    expect(await api.endpoints.stats({ params, query: {} })).toMatchObject({ attempts: 1, successRate: 1 });
    expect(await api.endpoints.get({ params })).toMatchObject({ breaker: 'closed', enabled: true });
  });

  it('creates one endpoint, and gets one secret, where it sends the same request twice', async () => {
    const { client: api } = await world.register();
    const create = () => api.endpoints.create({ body: { url, eventTypes: ['*'] } }, { idempotencyKey: 'twice' });
    const [first, second] = [await create(), await create()];
    expect(second).toEqual(first);
    expect((await api.endpoints.list({ query: {} })).items).toHaveLength(1);
  });

  it.each([
    [{ url: 'ftp://example.com/' }],
    [{ url: 'https://user:secret@example.com/' }],
    [{ url: 'nowhere' }],
    [{ url: 'https://example.com/', eventTypes: ['task'] }],
    [{ url: 'https://example.com/', eventTypes: [] }],
    [{ url: 'https://example.com/', headers: { 'x y': '1' } }],
    [{ url: 'https://example.com/', headers: { a: 'b\r\nc: d' } }],
    [{ url: 'https://example.com/', headers: { 'webhook-id': 'mine' } }],
  ])('is refused the endpoint %j', async (body) => {
    const { client: api } = await world.register();
    const attempt = api.endpoints.create({ body });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('lets only keys that may change webhooks create or test endpoints', async () => {
    const { client: api } = await world.register();
    const { endpoint } = await api.endpoints.create({ body: { url } });
    const { token } = await api.identity.createKey({ body: { name: 'u', type: 'user' } });
    const user = createClient({ baseUrl: world.mesh.apiUrl, key: token });
    const params = { endpointId: endpoint.id };
    expect((await user.endpoints.list({ query: {} })).items).toHaveLength(1);
    const forbidden = { code: 'forbidden' };
    await expect(user.endpoints.create({ body: { url } })).rejects.toMatchObject(forbidden);
    await expect(user.endpoints.test({ params })).rejects.toMatchObject(forbidden);
    await expect(user.endpoints.rotate({ params, body: {} })).rejects.toMatchObject(forbidden);
  });
});
