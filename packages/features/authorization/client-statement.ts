import { createHmac, timingSafeEqual } from 'node:crypto';
import { Secret } from '@devmesh/foundation';
import { deriveKey, type MasterKey, type MasterKeys } from '@devmesh/infrastructure';
import { z } from 'zod';
import { clientAuthentications, type OAuthClient } from './client.ts';
import type { ClientMetadata } from './client-metadata.ts';

const prefix = 'dmc_';
const longestId = 2_000;
const pattern = /^dmc_([0-9a-f]{8})\.([\w-]+)\.([\w-]{43})$/u;

const statement = z.strictObject({
  n: z.string(),
  r: z.array(z.string()),
  a: z.enum(clientAuthentications),
  /** Seconds since 1970, so that two clients of one name are two. */
  t: z.int(),
});

/**
 * The ids of registered clients. An id is its client's metadata with our signature, so that nothing is stored of clients
 * before a person consents to one, however many register. A secret follows from the id in the same way.
 */
export interface ClientStatements {
  /** The id of a new client; undefined where its metadata are too long for one. */
  issue(metadata: ClientMetadata, now: number): string | undefined;
  /** The client of an id that one of our master keys signed. */
  read(id: string): OAuthClient | undefined;
  secretOf(id: string): Secret | undefined;
  isSecretOf(id: string, secret: string): boolean;
}

/** Builds the client ids over the master keys. */
export function createClientStatements(masterKeys: MasterKeys): ClientStatements {
  const secretOf = (id: string): Secret | undefined => {
    const key = keyOf(masterKeys, id);
    return key === undefined ? undefined : new Secret(mac(key, 'oauth-client-secret', id));
  };
  return {
    issue: (metadata, now) => issue(masterKeys.current(), metadata, now),
    read: (id) => read(masterKeys, id),
    secretOf,
    isSecretOf: (id, secret) => {
      const known = secretOf(id);
      return known !== undefined && isEqual(known.open(), secret);
    },
  };
}

function issue(key: MasterKey, { name, redirectUris, authentication }: ClientMetadata, now: number) {
  const said = { n: name, r: [...redirectUris], a: authentication, t: Math.floor(now / 1_000) };
  const signed = `${prefix}${key.id}.${Buffer.from(JSON.stringify(said)).toString('base64url')}`;
  const id = `${signed}.${mac(key, 'oauth-client-id', signed)}`;
  return id.length > longestId ? undefined : id;
}

function read(masterKeys: MasterKeys, id: string): OAuthClient | undefined {
  const key = keyOf(masterKeys, id);
  const at = id.lastIndexOf('.');
  if (key === undefined || !isEqual(mac(key, 'oauth-client-id', id.slice(0, at)), id.slice(at + 1))) return undefined;
  const said = Buffer.from(id.slice(id.indexOf('.') + 1, at), 'base64url').toString('utf8');
  const { n, r, a } = statement.parse(JSON.parse(said));
  return { id, name: n, redirectUris: r, authentication: a, source: 'registration' };
}

function keyOf(masterKeys: MasterKeys, id: string): MasterKey | undefined {
  const [, keyId] = (id.length <= longestId && pattern.exec(id)) || [];
  return keyId === undefined ? undefined : masterKeys.find(keyId);
}

function mac(key: MasterKey, purpose: string, text: string): string {
  return createHmac('sha256', deriveKey(key, purpose)).update(text, 'utf8').digest('base64url');
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8')];
  return a.length === b.length && timingSafeEqual(a, b);
}
