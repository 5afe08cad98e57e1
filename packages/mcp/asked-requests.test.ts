import { describe, expect, it } from 'vitest';
import { createAskedRequests } from './asked-requests.ts';
import type { Params } from './message.ts';

interface Sent {
  readonly id?: string;
  readonly method?: string;
  readonly params?: Params;
}

function open() {
  const asked = createAskedRequests();
  const sent: Sent[] = [];
  const ask = (method = 'roots/list', signals: readonly AbortSignal[] = []): Promise<Params> =>
    asked.ask({ method, params: { a: 1 }, signals, send: (text) => sent.push(JSON.parse(text) as Sent) });
  return { asked, sent, ask };
}

describe('what a client is asked', () => {
  it('is answered by the response of the same id, in any order [upstream.relayed]', async () => {
    const { asked, sent, ask } = open();
    const first = ask('first');
    const second = ask('second');
    expect(sent).toEqual([
      { jsonrpc: '2.0', id: 'server-1', method: 'first', params: { a: 1 } },
      { jsonrpc: '2.0', id: 'server-2', method: 'second', params: { a: 1 } },
    ]);
    asked.settle({ kind: 'response', id: 'server-2', result: { which: 2 } });
    asked.settle({ kind: 'response', id: 'server-1', result: { which: 1 } });
    expect(await Promise.all([first, second])).toEqual([{ which: 1 }, { which: 2 }]);
  });

  it('fails with what the client answers as an error', async () => {
    const { asked, ask } = open();
    const answer = ask();
    asked.settle({ kind: 'response', id: 'server-1', error: { code: -1, message: 'not now' } });
    await expect(answer).rejects.toMatchObject({
      code: 'upstream_failed',
      message: expect.stringContaining('not now'),
    });
  });

  it('is taken back when nobody waits any more, and the client is told', async () => {
    const { asked, sent, ask } = open();
    const leaving = new AbortController();
    const answer = ask('sampling/createMessage', [new AbortController().signal, leaving.signal]);
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
    expect(sent[1]).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 'server-1' } });
    asked.settle({ kind: 'response', id: 'server-1', result: {} });
    await expect(ask('late', [leaving.signal])).rejects.toThrow('aborted');
    expect(sent).toHaveLength(2);
  });

  it('is forgotten when the client goes', async () => {
    const { asked, ask } = open();
    const answers = [ask(), ask()];
    asked.end();
    await Promise.all(answers.map((answer) => expect(answer).rejects.toMatchObject({ code: 'unavailable' })));
  });

  it('is no more than a client can answer at once, and no answer to nothing counts', async () => {
    const { asked, ask } = open();
    const answers = Array.from({ length: 16 }, () => ask());
    await expect(ask()).rejects.toMatchObject({ code: 'rate_limited' });
    for (const id of [undefined, 1, 'server-99']) asked.settle({ kind: 'response', id, result: {} });
    asked.settle({ kind: 'response', id: 'server-3', result: { done: true } });
    expect(await answers[2]).toEqual({ done: true });
    const again = ask();
    asked.end();
    await Promise.allSettled([...answers, again]);
    await expect(again).rejects.toMatchObject({ code: 'unavailable' });
  });
});
