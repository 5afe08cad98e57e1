import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../handlers.ts';
import { createHeldCalls, type Turn } from './held-calls.ts';

const claim = { owner: 'ada', fingerprint: 'f' };

function contextWith(more: Partial<RequestContext> = {}): RequestContext {
  return {
    requestId: 1,
    signal: new AbortController().signal,
    meta: {},
    progress: () => undefined,
    notify: () => undefined,
    ask: () => Promise.reject(new Error('not here')),
    inputResponses: {},
    requestState: undefined,
    ...more,
  };
}

const askOne = async ({ ask }: RequestContext): Promise<object> => ask('elicitation/create', {});
const asksTwoAtOnce = async ({ ask }: RequestContext): Promise<object> =>
  Promise.all([ask('elicitation/create', { n: 1 }), ask('sampling/createMessage', { n: 2 })]);

const limits = { patienceMilliseconds: 60_000, maximum: 3, maximumPerOwner: 2 };
const stateOf = (turn: Turn): string => (turn.kind === 'asking' ? turn.requestState : '');

describe('a call that waits for answers', () => {
  it('puts questions that are asked together together', async () => {
    const calls = createHeldCalls(limits);
    const turn = await calls.begin({ ...claim, context: contextWith(), work: asksTwoAtOnce });
    expect(turn).toMatchObject({
      kind: 'asking',
      inputRequests: { 'question-1': { params: { n: 1 } }, 'question-2': { params: { n: 2 } } },
    });
    const inputResponses = { 'question-1': { a: 1 }, 'question-2': { a: 2 } };
    const context = contextWith({ inputResponses, requestState: stateOf(turn) });
    expect(await calls.resume({ ...claim, context })).toEqual({ kind: 'ended', result: [{ a: 1 }, { a: 2 }] });
    expect(calls.size).toBe(0);
  });

  it('is given up after a time', async () => {
    const calls = createHeldCalls({ ...limits, patienceMilliseconds: 1 });
    let aborted = false;
    const work = async (context: RequestContext): Promise<object> => {
      context.signal.addEventListener('abort', () => {
        aborted = true;
      });
      return askOne(context);
    };
    const turn = await calls.begin({ ...claim, context: contextWith(), work });
    await expect.poll(() => aborted).toBe(true);
    const context = contextWith({ requestState: stateOf(turn) });
    await expect(calls.resume({ ...claim, context })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('leaves no room for too many, of one and of all', async () => {
    const calls = createHeldCalls(limits);
    const begin = (owner: string) => calls.begin({ ...claim, owner, context: contextWith(), work: askOne });
    await begin('ada');
    await begin('ada');
    await expect(begin('ada')).rejects.toMatchObject({ code: 'rate_limited' });
    await begin('bob');
    await expect(begin('eve')).rejects.toMatchObject({ code: 'rate_limited' });
    calls.end();
    expect(calls.size).toBe(0);
    await begin('eve');
  });

  it('ends with the request that waits for it', async () => {
    const calls = createHeldCalls(limits);
    const leaving = new AbortController();
    const work = async ({ signal }: RequestContext): Promise<object> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('ended')));
        setImmediate(() => leaving.abort());
      });
    const context = contextWith({ signal: leaving.signal });
    await expect(calls.begin({ ...claim, context, work })).rejects.toThrow('ended');
  });

  it('tells of its failure whoever comes next', async () => {
    const calls = createHeldCalls(limits);
    const work = async (context: RequestContext): Promise<object> => {
      await askOne(context);
      throw new Error('broken');
    };
    const turn = await calls.begin({ ...claim, context: contextWith(), work });
    const context = contextWith({ requestState: stateOf(turn), inputResponses: { 'question-1': {} } });
    await expect(calls.resume({ ...claim, context })).rejects.toThrow('broken');
  });
});
