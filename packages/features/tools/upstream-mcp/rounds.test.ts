import { describe, expect, it } from 'vitest';
import { questionsIn, roundOf } from './rounds.ts';

const asked = (more: object) => ({ resultType: 'input_required', ...more });
const question = { method: 'elicitation/create', params: { message: 'Is it hunter2?' } };
const input = { capabilities: {}, inputResponses: {}, requestState: undefined };

describe('questions of a server within its result', () => {
  it('are those that it asks, without a trace of the credential; any other result asks nothing [upstream.rounds]', () => {
    expect(questionsIn({ content: [] }, 'docs', [])).toBeUndefined();
    const found = questionsIn(asked({ inputRequests: { a: question }, requestState: 's' }), 'docs', ['hunter2']);
    expect(found).toEqual({
      inputRequests: { a: { ...question, params: { message: 'Is it [redacted]?' } } },
      requestState: 's',
    });
  });

  it.each([
    ['too many', { inputRequests: Object.fromEntries(Array.from({ length: 51 }, (_none, n) => [n, question])) }],
    ['too long', { inputRequests: { a: { ...question, params: { message: 'x'.repeat(1_100_000) } } } }],
    ['none at all', { inputRequests: { a: 'who?' } }],
    ['with a state that is too long', { requestState: 'x'.repeat(60_001) }],
    ['with a state that holds the credential', { requestState: 'token=hunter2' }],
  ])('are refused where they are %s [upstream.rounds]', (_what, more) => {
    expect(() => questionsIn(asked(more), 'docs', ['hunter2'])).toThrow(/The server docs/u);
  });

  it('are answered to no server that has sessions, for it asked nothing so [upstream.rounds]', () => {
    expect(roundOf({ modern: false }, input)).toEqual({ params: {}, options: {} });
    expect(() => roundOf({ modern: false }, { ...input, requestState: 's' })).toThrow(/asked nothing/u);
    expect(() => roundOf({ modern: false }, { ...input, inputResponses: { a: {} } })).toThrow(/asked nothing/u);
  });
});
