import type { Clock, Secret } from '@devmesh/foundation';

/** What the sessions of one key, or of one sign-in, present to the platform. */
export interface Credential {
  /** As presented last: a client renews its access token every few minutes, and its session goes on with the new one. */
  current(): string;
  present(token: Secret): void;
  /** Whether it has ended by itself and its client may bring another: then being refused means nothing worse. */
  lapsed(): boolean;
}

const marginMilliseconds = 30_000;

/** Builds a credential. */
export function createCredential(first: Secret, clock: Clock): Credential {
  let token = first;
  let endsAt = endOf(first);
  return {
    current: () => token.open(),
    present: (next) => {
      token = next;
      endsAt = endOf(next);
    },
    lapsed: () => clock.now() >= endsAt - marginMilliseconds,
  };
}

/** When a token ends by itself, as it says; the platform has verified it. A key says nothing and does not. */
function endOf(token: Secret): number {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/u.exec(token.open()) ?? [];
  if (payload === undefined) return Number.POSITIVE_INFINITY;
  const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { readonly exp?: unknown };
  return typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY;
}
