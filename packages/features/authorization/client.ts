import { createHash } from 'node:crypto';

/** A program that people may let act for them. */
export interface OAuthClient {
  /** What it calls itself in requests: a URL of its document, or the statement that it was given at registration. */
  readonly id: string;
  /** What it says of itself; not to be trusted for decisions. */
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** `none` is a public client: PKCE is all that proves it. */
  readonly authentication: ClientAuthentication;
  /** `document`: its host vouches for what it says of itself; `registration`: nobody does. */
  readonly source: 'document' | 'registration';
}

/** The ways in which a client proves itself at the token endpoint. */
export const clientAuthentications = ['none', 'client_secret_basic', 'client_secret_post'] as const;

type ClientAuthentication = (typeof clientAuthentications)[number];

/** The short name of a client: what its sign-ins, grants and access tokens carry instead of its long id. */
export function keyOfClient(id: string): string {
  return `oauth:${createHash('sha256').update(id, 'utf8').digest('base64url')}`;
}
