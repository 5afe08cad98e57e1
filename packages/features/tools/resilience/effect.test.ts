import { describe, expect, it } from 'vitest';
import type { Binding } from '../calling/binding.ts';
import { annotationsOf } from '../reading/annotations.ts';
import { effectOf, isShareable, withIdempotencyKey } from './effect.ts';

const plain: Binding = { parameters: [] };
const keyed = (name: string, place: 'header' | 'query' = 'header'): Binding => ({
  parameters: [{ argument: 'key', name, in: place, style: 'simple', explode: false }],
});

function effect(method: string, changes: object = {}, binding = plain) {
  return effectOf({ method, annotations: { ...annotationsOf(method), ...changes }, binding });
}

describe('what sending a call does', () => {
  it.each([
    ['GET', 'read'],
    ['HEAD', 'read'],
    ['PUT', 'repeatable'],
    ['DELETE', 'repeatable'],
    ['POST', 'once'],
    ['PATCH', 'once'],
    ['PURGE', 'once'],
  ])('%s: %s', (method, expected) => {
    expect(effect(method)).toBe(expected);
  });

  it('goes by what the tool says of itself: a GET that changes something is no read, a POST that repeats nothing is repeatable', () => {
    expect(effect('GET', { readOnlyHint: false, idempotentHint: false })).toBe('once');
    expect(effect('GET', { readOnlyHint: false })).toBe('repeatable');
    expect(effect('POST', { idempotentHint: true })).toBe('repeatable');
    expect(effect('POST', { readOnlyHint: true })).toBe('repeatable');
    expect(effect('DELETE', { idempotentHint: false })).toBe('once');
  });

  it('goes by the key that a service knows a repeated request by', () => {
    expect(effect('POST', {}, keyed('Idempotency-Key'))).toBe('repeatable');
    expect(effect('POST', {}, keyed('x-idempotency-key'))).toBe('repeatable');
    expect(effect('POST', {}, keyed('X-Request-Id'))).toBe('once');
    expect(effect('POST', {}, keyed('Idempotency-Key', 'query'))).toBe('once');
  });

  it('which is made up where the caller gave none, and never in place of theirs', () => {
    const tool = { source: 'openapi', binding: keyed('Idempotency-Key') } as const;
    expect(withIdempotencyKey(tool, { a: 1 }, () => 'new')).toEqual({ a: 1, key: 'new' });
    expect(withIdempotencyKey(tool, { key: 'own' }, () => 'new')).toEqual({ key: 'own' });
    expect(withIdempotencyKey({ ...tool, binding: plain }, { a: 1 }, () => 'new')).toEqual({ a: 1 });
  });
});

describe('an answer may be shared', () => {
  it.each([
    ['GET', {}, true],
    ['HEAD', {}, true],
    ['QUERY', {}, false],
    ['OPTIONS', {}, false],
    ['GET', { 'If-None-Match': '"1"' }, false],
    ['GET', { range: 'bytes=0-1' }, false],
    ['GET', { 'cache-control': 'no-cache' }, false],
  ])('%s %j: %s', (method, headers, shared) => {
    expect(isShareable({ method, headers })).toBe(shared);
  });
});
