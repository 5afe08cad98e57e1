import { Secret } from '@devmesh/foundation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNewPassword } from './password-rules.ts';
import { createPasswordHasher } from './password.ts';

const secret = (text: string): Secret => new Secret(text);
const cheap = { memory: 64, passes: 1 };

describe('stored passwords', () => {
  it('are argon2id with the parameters that OWASP recommends, each with a salt of its own [identity.passwords]', async () => {
    const passwords = createPasswordHasher();
    const stored = await passwords.hash(secret('grey pelican ladder'));
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/u);
    expect(await passwords.hash(secret('grey pelican ladder'))).not.toBe(stored);
    expect(await passwords.verify(stored, secret('grey pelican ladder'))).toEqual({ matches: true, outdated: false });
    expect(await passwords.verify(stored, secret('grey pelican laddeR'))).toEqual({ matches: false, outdated: false });
  });

  it('match exactly themselves, however a keyboard composes their characters', async () => {
    const passwords = createPasswordHasher({ cost: cheap });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
        fc.string(),
        async (text, other) => {
          const stored = await passwords.hash(secret(text));
          const same = other.normalize('NFKC') === text.normalize('NFKC');
          expect((await passwords.verify(stored, secret(text.normalize('NFD')))).matches).toBe(true);
          expect((await passwords.verify(stored, secret(other))).matches).toBe(same);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are told to be outdated when they match and cost less than today [identity.passwords]', async () => {
    const before = await createPasswordHasher({ cost: cheap }).hash(secret('grey pelican ladder'));
    const now = createPasswordHasher({ cost: { memory: 128, passes: 1 } });
    expect(await now.verify(before, secret('grey pelican ladder'))).toEqual({ matches: true, outdated: true });
    expect(await now.verify(before, secret('wrong'))).toEqual({ matches: false, outdated: false });
    const later = createPasswordHasher({ cost: { memory: 64, passes: 2 } });
    expect((await later.verify(before, secret('grey pelican ladder'))).outdated).toBe(true);
  });

  it('never match where there is none', async () => {
    const passwords = createPasswordHasher({ cost: cheap });
    for (const text of ['', 'the password of nobody', 'grey pelican ladder']) {
      expect(await passwords.verify(undefined, secret(text))).toEqual({ matches: false, outdated: false });
    }
  });

  it('are computed a few at a time; beyond a bound they are refused, and others go on [identity.passwords]', async () => {
    const passwords = createPasswordHasher({ cost: cheap, parallel: 1, waiting: 2 });
    const tries = Array.from({ length: 6 }, () => passwords.verify(undefined, secret('x')));
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect(outcomes[5]).toMatchObject({ reason: { code: 'rate_limited' } });
    await expect(passwords.verify(undefined, secret('x'))).resolves.toMatchObject({ matches: false });
  });

  it('let the next in after one that failed', async () => {
    const passwords = createPasswordHasher({ cost: cheap, parallel: 1, waiting: 1 });
    await expect(passwords.verify('$argon2id$broken', secret('x'))).rejects.toThrow(/./u);
    await expect(passwords.verify(undefined, secret('x'))).resolves.toMatchObject({ matches: false });
  });
});

describe('a new password', () => {
  const check =
    (text: string, known: readonly string[] = []) =>
    (): void => {
      checkNewPassword(secret(text), known);
    };

  it.each([
    ['elevenchars', 'at least 12'],
    ['x'.repeat(257), 'at most 256'],
    ['Password2024', 'tried first'],
    ['P@ssw0rd1234', 'tried first'],
    ['iloveyou!!!!', 'tried first'],
    ['aaaaaaaaaaaaaaaa', 'tried first'],
    ['xyz1xyz1xyz1xyz1', 'tried first'],
    ['abcdef123456', 'tried first'],
    ['qwertyuiopas', 'tried first'],
    ['098765432109', 'tried first'],
  ])('%s is refused: %s [identity.passwords]', (text, because) => {
    expect(check(text)).toThrow(because);
  });

  it.each([
    ['ada@lovelace.org', 'ada@lovelace.org1'],
    ['Ada Lovelace', 'lovelace12345'],
    ['analytical-engines', 'Analytical-Engines!'],
  ])('that rests on %s is refused [identity.passwords]', (known, text) => {
    expect(check(text, [known])).toThrow('everybody can know');
    expect(check(text, ['someone', 'else'])).not.toThrow();
  });

  it.each(['grey pelican ladder', 'Tr0ub4dor&3-and-more', 'пароль из многих слов', '🦆🐢🦊🐸🦉🐙🦋🐝🦜🐳🦔🐌'])(
    '%s is taken',
    (text) => {
      expect(check(text, ['ada@example.com', 'Ada'])).not.toThrow();
    },
  );

  it('is never told in a refusal', () => {
    expect(check('hunter2-hunter2-hunter2', ['hunter2'])).toThrow(expect.not.stringContaining('hunter2') as Error);
  });
});
