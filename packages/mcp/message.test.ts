import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultBounds } from './bounds.ts';
import { errorText, parseMessage, resultText } from './message.ts';

const id = fc.oneof(fc.string(), fc.maxSafeInteger());
const method = fc.string({ minLength: 1 });
const params = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  fc.jsonValue({ maxDepth: 4 }),
);
const asSent = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;
const codeOf = (text: string, bounds = defaultBounds) => {
  const message = parseMessage(text, bounds);
  return message.kind === 'invalid' ? message.error.code : message.kind;
};

const requestWith = (given: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', params: { given } });

describe('parseMessage', () => {
  it('reads back every request and notification that was written', () => {
    fc.assert(
      fc.property(id, method, params, (requestId, name, given) => {
        const request = { jsonrpc: '2.0', id: requestId, method: name, params: given };
        expect(parseMessage(JSON.stringify(request))).toEqual(
          asSent({ kind: 'request', id: requestId, method: name, params: given }),
        );
        const { id: _id, ...notification } = request;
        expect(parseMessage(JSON.stringify(notification))).toEqual(
          asSent({ kind: 'notification', method: name, params: given }),
        );
      }),
    );
  });

  it('answers any text with a message or a typed refusal, and never throws [mcp.malformed]', () => {
    const nearly = fc.record(
      {
        jsonrpc: fc.oneof(fc.constant('2.0'), fc.jsonValue()),
        id: fc.jsonValue(),
        method: fc.oneof(fc.string(), fc.jsonValue()),
        params: fc.jsonValue(),
        result: fc.jsonValue(),
        error: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      nearly.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const message = parseMessage(text);
        if (message.kind !== 'invalid') return;
        expect(['malformed_message', 'invalid_message', 'too_large']).toContain(message.error.code);
        expect(() => errorText(message.id, message.error)).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it('tells broken JSON from JSON that is no message', () => {
    expect(codeOf('{"jsonrpc":')).toBe('malformed_message');
    expect(codeOf('')).toBe('malformed_message');
    for (const value of ['null', '7', '"x"', '{}', '{"jsonrpc":"1.0","id":1,"method":"ping"}']) {
      expect(codeOf(value)).toBe('invalid_message');
    }
  });

  it('reads batches, each message by itself, and refuses empty and long ones', () => {
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    expect(parseMessage(`[${ping},7,[${ping}]]`)).toMatchObject({
      kind: 'batch',
      messages: [{ kind: 'request' }, { kind: 'invalid' }, { kind: 'invalid' }],
    });
    expect(codeOf('[]')).toBe('invalid_message');
    expect(codeOf(`[${Array.from({ length: 51 }, () => ping).join(',')}]`)).toBe('invalid_message');
  });

  it.each([null, 1.5, true, {}, [], 2 ** 60])('refuses the id %j', (wrong) => {
    expect(codeOf(JSON.stringify({ jsonrpc: '2.0', id: wrong, method: 'ping' }))).toBe('invalid_message');
  });

  it('keeps the id of a refused request, so that the refusal reaches it', () => {
    expect(parseMessage('{"jsonrpc":"2.0","id":"a","method":"ping","params":[1]}')).toMatchObject({
      kind: 'invalid',
      id: 'a',
    });
  });

  it('takes a response with a result or an error, and refuses one with both or neither', () => {
    expect(codeOf('{"jsonrpc":"2.0","id":1,"result":{}}')).toBe('response');
    expect(codeOf('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}')).toBe('response');
    expect(codeOf('{"jsonrpc":"2.0","id":1}')).toBe('invalid_message');
    expect(codeOf('{"jsonrpc":"2.0","id":1,"result":{},"error":{}}')).toBe('invalid_message');
  });
});

describe('bounds', () => {
  it('counts bytes, not characters', () => {
    const text = requestWith('é'.repeat(100));
    expect(codeOf(text, { ...defaultBounds, bytes: Buffer.byteLength(text) })).toBe('request');
    expect(codeOf(text, { ...defaultBounds, bytes: Buffer.byteLength(text) - 1 })).toBe('too_large');
  });

  it('refuses nesting over the limit before parsing it', () => {
    expect(codeOf('['.repeat(100_000))).toBe('too_large');
    expect(codeOf('{"a":'.repeat(65))).toBe('too_large');
  });

  it('refuses more members than the limit', () => {
    expect(codeOf(requestWith(Array.from({ length: 50 }, () => 1)), { ...defaultBounds, members: 40 })).toBe(
      'too_large',
    );
  });

  it('does not mistake brackets, commas and escaped quotes inside strings for structure', () => {
    const tight = { bytes: 10_000, depth: 3, members: 5 };
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('[', '{', ']', '}', ',', ':', '"', '\\', 'a') }), (text) => {
        expect(codeOf(requestWith(text), tight)).toBe('request');
      }),
    );
  });
});

it('writes results and errors as JSON-RPC 2.0', () => {
  expect(JSON.parse(resultText('a', { ok: true }))).toEqual({ jsonrpc: '2.0', id: 'a', result: { ok: true } });
});
