import { silentTelemetry, type Clock } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { createMockserver } from '../index.ts';

/** The example of the Standard Webhooks specification's reference libraries. */
const vector = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

const at = (seconds: number): Clock => ({ now: () => seconds * 1000, sleep: () => Promise.resolve() });

async function receiver({ now = Number(vector.timestamp), secrets = [vector.secret] } = {}) {
  const server = createMockserver({ port: 0, log: silentTelemetry.log, clock: at(now) });
  const call = (path: string, init: RequestInit = {}) => server.fetch(new Request(`http://mock.test${path}`, init));
  await call('/_control/receivers/r', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ secrets }),
  });
  const send = async (headers: Record<string, string> = {}, body = vector.body): Promise<number> => {
    const all = {
      'webhook-id': vector.id,
      'webhook-timestamp': vector.timestamp,
      'webhook-signature': vector.signature,
      ...headers,
    };
    return (await call('/receivers/r', { method: 'POST', headers: all, body })).status;
  };
  const list = async (): Promise<Record<string, unknown>[]> =>
    ((await (await call('/_control/receivers/r')).json()) as { webhooks: Record<string, unknown>[] }).webhooks;
  return { call, send, list };
}

describe('a receiver of Standard Webhooks', () => {
  it('takes the documented example, and remembers it as it came', async () => {
    const { send, list } = await receiver();
    expect(await send()).toBe(204);
    const { secret: _secret, ...sent } = vector;
    expect(await list()).toMatchObject([sent]);
    expect((await list())[0]).not.toHaveProperty('refusal');
  });

  it.each([
    ['another body', {}, '{"test":2432232314}'],
    ['another id', { 'webhook-id': 'msg_other' }, vector.body],
    ['another time', { 'webhook-timestamp': '1614265331' }, vector.body],
    ['a time that is no number', { 'webhook-timestamp': 'now' }, vector.body],
    ['another version', { 'webhook-signature': vector.signature.replace('v1,', 'v2,') }, vector.body],
    ['an empty signature', { 'webhook-signature': 'v1,' }, vector.body],
  ])('refuses %s with 401', async (_name, headers, body) => {
    const { send, list } = await receiver();
    expect(await send(headers as Record<string, string>, body)).toBe(401);
    expect((await list())[0]).toHaveProperty('refusal');
  });

  it('refuses what was signed more than five minutes from now', async () => {
    for (const away of [301, -301]) {
      const { send } = await receiver({ now: Number(vector.timestamp) + away });
      expect(await send()).toBe(401);
    }
    const { send } = await receiver({ now: Number(vector.timestamp) + 299 });
    expect(await send()).toBe(204);
  });

  it('takes any of several signatures under any of its secrets', async () => {
    const { send } = await receiver({ secrets: ['whsec_b3RoZXI=', vector.secret] });
    expect(await send({ 'webhook-signature': `v1,AAAA ${vector.signature}` })).toBe(204);
    const stranger = await receiver({ secrets: ['whsec_b3RoZXI='] });
    expect(await stranger.send()).toBe(401);
  });

  it('fails, redirects and recovers as ordered, and knows nobody after a reset', async () => {
    const { call, send, list } = await receiver();
    const order = (fault: object) =>
      call('/_control/faults', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ path: '/receivers/r', ...fault }),
      });
    await order({ status: 503 });
    await order({ status: 307, headers: { Location: 'http://169.254.169.254/' } });
    expect([await send(), await send(), await send()]).toEqual([503, 307, 204]);
    expect(await list()).toHaveLength(1);
    await call('/_control/reset', { method: 'POST' });
    expect(await send()).toBe(404);
  });
});
