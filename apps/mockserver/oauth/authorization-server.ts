import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@devmesh/foundation';
import type { Flavour } from './flavour.ts';
import { defaultSettings, type Client, type Settings } from './settings.ts';

/** What one consent, or one client's own grant, gave rise to. */
export interface Grant {
  readonly account: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly refreshable: boolean;
  ended: boolean;
}

interface Code {
  readonly grant: Grant;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  used: boolean;
}

interface AccessToken {
  readonly grant: Grant;
  readonly endsAt: number;
  ended: boolean;
}

interface RefreshToken {
  readonly grant: Grant;
  used: boolean;
}

/** Tokens as they are answered. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly expiresIn: number | undefined;
  readonly scopes: readonly string[];
}

/** A failure by its standard name; flavours may call it otherwise. */
export class OAuthFailure extends Error {
  readonly failure: string;
  readonly status: number;

  constructor(failure: string, status = 400) {
    super(failure);
    this.failure = failure;
    this.status = status;
  }
}

/** What happened at a server so far. */
interface Counts {
  consents: number;
  exchanges: number;
  refreshes: number;
  machineTokens: number;
  revocations: number;
  /** Refresh tokens that came a second time. */
  reused: number;
}

interface World {
  readonly clock: Clock;
  readonly flavour: Flavour;
  readonly clients: Map<string, Client>;
  readonly codes: Map<string, Code>;
  readonly accessTokens: Map<string, AccessToken>;
  readonly refreshTokens: Map<string, RefreshToken>;
  readonly grants: Grant[];
  readonly counts: Counts;
  settings: Settings;
}

interface Consent {
  readonly clientId: string;
  readonly redirectUri: string;
  /** The PKCE challenge. */
  readonly challenge: string | undefined;
  readonly scopes: readonly string[];
  readonly refreshable: boolean;
}

interface Redemption {
  readonly clientId: string;
  readonly code: string;
  readonly redirectUri: string;
  readonly verifier: string | undefined;
}

/** The state of one authorization server, as RFC 6749, 7636 and 7009 and OAuth 2.1 have it. */
export function createAuthorizationServer({ clock, flavour }: { readonly clock: Clock; readonly flavour: Flavour }) {
  const world: World = {
    clock,
    flavour,
    clients: new Map(),
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    grants: [],
    counts: { consents: 0, exchanges: 0, refreshes: 0, machineTokens: 0, revocations: 0, reused: 0 },
    settings: defaultSettings,
  };
  return {
    flavour,
    counts: world.counts,
    settings: () => world.settings,
    configure: (change: Partial<Settings>): void => {
      world.settings = { ...world.settings, ...change };
    },
    register: (client: Client): void => {
      world.clients.set(client.id, client);
    },
    client: (id: string): Client | undefined => world.clients.get(id),
    /** A code for a consent that was given. */
    consent: (consent: Consent): string => giveCode(world, consent),
    redeem: (redemption: Redemption): IssuedTokens => redeem(world, redemption),
    refresh: (clientId: string, token: string): IssuedTokens => refresh(world, clientId, token),
    /** A token for a client itself. */
    machineToken: (clientId: string, scopes: readonly string[]): IssuedTokens => {
      world.counts.machineTokens += 1;
      return issue(world, newGrant(world, { account: clientId, clientId, scopes, refreshable: false }), undefined);
    },
    /** Ends the grant of a token; unknown tokens are ended already (RFC 7009, 2.2). */
    revoke: (token: string): void => {
      world.counts.revocations += 1;
      const grant = world.accessTokens.get(token)?.grant ?? world.refreshTokens.get(token)?.grant;
      if (grant !== undefined) grant.ended = true;
    },
    /** The grant of a token that is good now. */
    grantOf: (token: string): Grant | undefined => {
      const found = world.accessTokens.get(token);
      const good = found !== undefined && !found.ended && !found.grant.ended && found.endsAt > clock.now();
      return good && !world.settings.refusesAll ? found.grant : undefined;
    },
    /** Ends every access token; grants stay. */
    endAccess: (): void => {
      for (const token of world.accessTokens.values()) token.ended = true;
    },
    /** A person takes all their consents back. */
    withdraw: (account: string): void => {
      for (const grant of world.grants) if (grant.account === account) grant.ended = true;
    },
    /** Grants that were not ended. */
    living: (): number => world.grants.filter((grant) => !grant.ended).length,
  };
}

export type AuthorizationServer = ReturnType<typeof createAuthorizationServer>;

function newGrant({ grants }: World, grant: Omit<Grant, 'ended'>): Grant {
  const made = { ...grant, ended: false };
  grants.push(made);
  return made;
}

function giveCode(world: World, { clientId, scopes, refreshable, redirectUri, challenge }: Consent): string {
  world.counts.consents += 1;
  const grant = newGrant(world, { account: world.settings.account, clientId, scopes, refreshable });
  const code = randomBytes(18).toString('base64url');
  world.codes.set(code, { grant, redirectUri, challenge, used: false });
  return code;
}

function redeem(world: World, { clientId, code, redirectUri, verifier }: Redemption): IssuedTokens {
  const found = world.codes.get(code);
  if (found === undefined || found.grant.clientId !== clientId) throw new OAuthFailure('invalid_code');
  // Somebody has the code besides its client: what it gave is taken back.
  if (found.used) found.grant.ended = true;
  const proven = found.challenge === challengeOf(verifier);
  if (found.used || found.redirectUri !== redirectUri || !proven) throw new OAuthFailure('invalid_code');
  found.used = true;
  world.counts.exchanges += 1;
  return issue(world, found.grant, newRefreshToken(world, found.grant));
}

function refresh(world: World, clientId: string, token: string): IssuedTokens {
  world.counts.refreshes += 1;
  const found = world.refreshTokens.get(token);
  if (found === undefined || found.grant.clientId !== clientId || found.grant.ended) {
    throw new OAuthFailure('invalid_refresh');
  }
  if (found.used) {
    world.counts.reused += 1;
    found.grant.ended = true;
    throw new OAuthFailure('invalid_refresh');
  }
  if (!world.flavour.rotates) return issue(world, found.grant, undefined);
  found.used = true;
  for (const access of world.accessTokens.values()) if (access.grant === found.grant) access.ended = true;
  return issue(world, found.grant, newRefreshToken(world, found.grant));
}

function issue({ clock, settings, accessTokens }: World, grant: Grant, refreshToken: string | undefined): IssuedTokens {
  const accessToken = `mock-access-${randomBytes(18).toString('base64url')}`;
  const seconds = settings.lasting ? undefined : settings.accessTokenSeconds;
  const endsAt = seconds === undefined ? Number.POSITIVE_INFINITY : clock.now() + seconds * 1000;
  accessTokens.set(accessToken, { grant, endsAt, ended: false });
  return { accessToken, refreshToken, expiresIn: seconds, scopes: grant.scopes };
}

function newRefreshToken({ settings, refreshTokens }: World, grant: Grant): string | undefined {
  if (!grant.refreshable || settings.lasting) return undefined;
  const token = `mock-refresh-${randomBytes(18).toString('base64url')}`;
  refreshTokens.set(token, { grant, used: false });
  return token;
}

function challengeOf(verifier: string | undefined): string | undefined {
  return verifier === undefined ? undefined : createHash('sha256').update(verifier).digest('base64url');
}
