import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect, styleText } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { Secret } from './secret.ts';

const text = 'correct horse battery staple';
const secret = new Secret(text);

const ways: readonly (readonly [string, () => string])[] = [
  ['String()', () => String(secret)],
  ['a template', () => `the key ${secret as unknown as string}`],
  ['concatenation', () => 'a ' + (secret as unknown as string)],
  ['JSON', () => JSON.stringify({ secret, list: [secret] })],
  ['inspect', () => inspect(secret)],
  ['inspect of what holds it', () => inspect({ deep: { secret } }, { depth: 9, showHidden: true })],
  ['format', () => format('%s %j %o %O', secret, secret, secret, secret)],
  [
    'console',
    () =>
      printed((console) => {
        console.log(secret, { secret });
        console.dir(secret);
      }),
  ],
  ['its own members', () => JSON.stringify(Object.entries(secret)) + Reflect.ownKeys(secret).join(',')],
  ['an error message', () => String(new Error(`failed with ${secret as unknown as string}`))],
  ['an error that has it as its cause', () => inspect(new Error('failed', { cause: secret }))],
  ['a failed assertion of what holds it', () => failureOf(() => expect({ secret }).toEqual({ secret: 'other' }))],
  [
    'inspect without its own inspection',
    () => inspect(secret, { customInspect: false, showHidden: true, getters: true }),
  ],
  ['a spread', () => JSON.stringify({ ...(secret as object) }) + inspect({ ...(secret as object) })],
  ['Object.assign', () => inspect(Object.assign({}, secret))],
  ['structuredClone', () => inspect(structuredClone(secret)) + JSON.stringify(structuredClone({ secret }))],
  ['serialization by V8', () => serialize(secret).toString('latin1') + inspect(deserialize(serialize({ secret })))],
  ['coercion to a number', () => String(Number(secret))],
  ['coercion to a key', () => Object.keys({ [secret as unknown as string]: 1 }).join(',')],
  ['joined', () => [secret, secret].join('-')],
  [
    'a URL',
    () => new URLSearchParams({ key: secret as unknown as string }).toString() + encodeURIComponent(String(secret)),
  ],
  ['bytes', () => Buffer.from(String(secret)).toString('latin1')],
  ['a console table', () => printed((console) => console.table([{ secret }]))],
  ['styled text', () => styleText('red', String(secret))],
  ['JSON with a replacer', () => JSON.stringify({ secret }, (_key, value: unknown) => value)],
  ['its prototype', () => inspect(Object.getPrototypeOf(secret), { showHidden: true }) + String(secret.constructor)],
];

function failureOf(work: () => void): string {
  try {
    work();
    return 'it did not fail';
  } catch (error) {
    return inspect(error, { depth: 9 });
  }
}

function printed(print: (console: Console) => void): string {
  let out = '';
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      out += chunk.toString();
      done();
    },
  });
  print(new Console(sink, sink));
  return out;
}

describe('a secret', () => {
  test.each(ways)('does not show through %s [secrets.unprintable]', (_way, show) => {
    expect(show()).not.toContain('horse');
  });

  test('says that something is hidden', () => {
    expect([String(secret), inspect(secret), JSON.stringify(secret)]).toEqual([
      '[redacted]',
      '[redacted]',
      '"[redacted]"',
    ]);
  });

  test('is opened only on purpose', () => {
    expect(secret.open()).toBe(text);
  });

  test('tells no equality of its text by ==, only by equals', () => {
    // oxlint-disable-next-line eqeqeq
    expect((secret as unknown) == text).toBe(false);
    expect(Object.is(secret, new Secret(text))).toBe(false);
    expect(secret.equals(new Secret(text))).toBe(true);
    for (const other of ['', text.slice(1), `${text} `, text.toUpperCase(), '[redacted]']) {
      expect(secret.equals(new Secret(other))).toBe(false);
    }
  });

  test('takes no other members, so nothing can be hung on it', () => {
    expect(() => Object.assign(secret, { shown: text })).toThrow(TypeError);
    expect(() => Object.defineProperty(secret, 'toJSON', { value: () => text })).toThrow(TypeError);
    expect(structuredClone(secret)).toEqual({});
  });
});
