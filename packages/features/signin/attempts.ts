import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import type { KeyValue } from '@devmesh/infrastructure';
import { z } from 'zod';
import type { AttemptSecrets } from './provider-client.ts';

/** How long somebody may take at the provider. */
export const attemptSeconds = 600;

/** An attempt to sign in at a provider that has begun. */
export interface Attempt {
  readonly tenantId: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly secrets: AttemptSecrets;
}

/** Attempts to sign in at a provider, each for one browser and one answer. */
export interface Attempts {
  /** Begins one; the browser keeps `browserSecret` in a cookie. */
  begin(about: Omit<Attempt, 'secrets'>): Promise<{ attempt: Attempt; browserSecret: string }>;
  /** The attempt that an answer names, once. Throws `unauthenticated` where there is none, or another browser began it. */
  take(state: string, browserSecret: string | undefined): Promise<Attempt>;
}

const stored = z.object({
  tenantId: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  browser: z.string(),
});

/** Builds the attempts. */
export function createAttempts({ keyvalue }: { readonly keyvalue: KeyValue }): Attempts {
  return {
    begin: async (about) => {
      const secrets = { state: random(), nonce: random(), codeVerifier: random() };
      const browserSecret = random();
      const { state, ...kept } = secrets;
      await keyvalue.set(
        keyOf(state),
        JSON.stringify({ ...about, ...kept, browser: digest(browserSecret) }),
        attemptSeconds,
      );
      return { attempt: { ...about, secrets }, browserSecret };
    },
    take: async (state, browserSecret = '') => {
      const text = await keyvalue.get(keyOf(state));
      if (text === undefined) throw ended();
      const { nonce, codeVerifier, browser, ...about } = stored.parse(JSON.parse(text));
      const belongs = timingSafeEqual(Buffer.from(browser), Buffer.from(digest(browserSecret)));
      // Of two answers at the same moment one finds it gone.
      if (!belongs || !(await keyvalue.delete(keyOf(state), text))) throw ended();
      return { ...about, secrets: { state, nonce, codeVerifier } };
    },
  };
}

function ended(): MeshError {
  return new MeshError(
    'unauthenticated',
    'This attempt to sign in has ended, or began in another browser; begin again.',
  );
}

function keyOf(state: string): string {
  return `sign-in:attempt:${digest(state)}`;
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}
