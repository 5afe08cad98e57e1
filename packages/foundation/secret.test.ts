import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
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
  ['an error message', () => String(new Error(`failed with ${String(secret)}`))],
];

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
});
