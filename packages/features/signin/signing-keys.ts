import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock } from '@devmesh/foundation';
import { deriveKey, type MasterKey, type MasterKeys } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';

/** How long an access token opens anything. */
export const accessTokenSeconds = 600;
/** How far the clocks of two processes may lie apart. */
export const clockToleranceSeconds = 5;

/** One algorithm and one form of token: a token that says anything else of itself is not looked at. */
export const accessTokenAlgorithm = 'EdDSA';
export const accessTokenType = 'at+jwt';

/** A key that signs access tokens for one day. */
interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As a JWK set shows it. */
  readonly jwk: PublicJwk;
  /** The header of every token that it signs, as it stands in the token. */
  readonly header: string;
}

/** A public key as a JWK set shows it. */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: typeof accessTokenAlgorithm;
}

/** The keys of access tokens. They follow from the master keys and the day, so that every process has the same and none is stored. */
export interface SigningKeys {
  /** The key that signs now. */
  current(): SigningKey;
  /** The key whose header a token carries, where it is one of those that may have signed a token that is still valid. */
  find(header: string): SigningKey | undefined;
  /** What others verify by: the present key, the next one, and the last one while its tokens live. */
  published(): readonly PublicJwk[];
}

interface SigningKeysOptions {
  readonly masterKeys: MasterKeys;
  readonly clock: Clock;
}

const epochSeconds = 86_400;

/** Builds the signing keys. */
export function createSigningKeys({ masterKeys, clock }: SigningKeysOptions): SigningKeys {
  const made = new LRUCache<string, SigningKey>({ max: 64 });
  const keyOf = (master: MasterKey, epoch: number): SigningKey => {
    const name = `${master.id}:${String(epoch)}`;
    const known = made.get(name) ?? makeKey(deriveKey(master, `access-token-signing:${String(epoch)}`));
    made.set(name, known);
    return known;
  };
  const live = (): readonly SigningKey[] =>
    masterKeys.all().flatMap((master) => liveEpochs(clock.now()).map((epoch) => keyOf(master, epoch)));
  return {
    current: () => keyOf(masterKeys.current(), epochAt(clock.now())),
    find: (header) => live().find((key) => key.header === header),
    published: () => live().map(({ jwk }) => jwk),
  };
}

function epochAt(now: number): number {
  return Math.floor(now / 1_000 / epochSeconds);
}

function liveEpochs(now: number): readonly number[] {
  const epoch = epochAt(now);
  const intoEpoch = now / 1_000 - epoch * epochSeconds;
  const lastLives = intoEpoch < accessTokenSeconds + clockToleranceSeconds;
  return [epoch, epoch + 1, ...(lastLives ? [epoch - 1] : [])];
}

// What PKCS #8 puts before the 32 bytes of an Ed25519 key (RFC 8410).
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function makeKey(seed: Buffer): SigningKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256').update(x, 'utf8').digest('base64url').slice(0, 22);
  const header = Buffer.from(JSON.stringify({ alg: accessTokenAlgorithm, typ: accessTokenType, kid })).toString(
    'base64url',
  );
  const jwk: PublicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: accessTokenAlgorithm };
  return { kid, privateKey, publicKey, jwk, header };
}
