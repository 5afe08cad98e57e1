import type { Clock, NewId, Telemetry } from '@devmesh/foundation';
import {
  createRateLimit,
  type Database,
  type GuardedFetch,
  type KeyValue,
  type MasterKeys,
} from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Principal } from '../identity/index.ts';
import type { Page } from '../paging.ts';
import type { SignIns } from '../signin/index.ts';
import { createClientStatements } from './client-statement.ts';
import { createClients } from './clients.ts';
import { createConsentForms } from './consent-forms.ts';
import {
  answerConsent,
  askConsent,
  type ConsentAnswer,
  type ConsentQuestion,
  type Person,
  type RefusedRequest,
} from './consent.ts';
import type { GatewayResources } from './gateway-resources.ts';
import { listGrants, revokeGrant } from './grants.ts';
import { createMetadataDocuments } from './metadata-document.ts';
import { createPace, type Pace } from './pace.ts';
import { registerClient, type RegisteredClient } from './register-client.ts';
import { revokeToken } from './revoke-token.ts';
import { serverMetadata } from './server-metadata.ts';
import type { GrantRow } from './store.ts';
import { issueTokens, type IssuedTokens, type TokenRequest } from './token-endpoint.ts';

interface AuthorizationOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly audit: Audit;
  readonly signIns: SignIns;
  readonly masterKeys: MasterKeys;
  readonly fetch: GuardedFetch;
  readonly issuer: () => string;
  readonly resources: GatewayResources;
  /** Whether clients may register themselves. */
  readonly registration: 'open' | 'closed';
}

/**
 * The authorization server of our MCP endpoints (OAuth 2.1): people let clients act for them, clients get tokens for one
 * endpoint. What a client must be told is thrown as OAuthRefusal.
 */
export interface Authorization {
  readonly resources: GatewayResources;
  /** Throws `rate_limited` for an address that asks too often. */
  readonly pace: Pace;
  /** RFC 8414. */
  metadata(): Readonly<Record<string, unknown>>;
  /** RFC 7591; nothing is stored. */
  register(metadata: unknown): RegisteredClient;
  ask(person: Person, parameters: URLSearchParams): Promise<ConsentQuestion | RefusedRequest>;
  answer(person: Person, answer: ConsentAnswer): Promise<string>;
  issue(request: TokenRequest): Promise<IssuedTokens>;
  /** RFC 7009: ends the sign-in of a refresh or access token; a token that is unknown is as good as ended. */
  revoke(request: TokenRequest): Promise<void>;
  listGrants(
    principal: Principal,
    query: { userId?: string | undefined; cursor?: string | undefined; limit: number },
  ): Promise<Page<GrantRow>>;
  revokeGrant(principal: Principal, grantId: string): Promise<GrantRow>;
}

/** Builds the authorization feature. */
export function createAuthorization(options: AuthorizationOptions): Authorization {
  const { masterKeys, registration, issuer, resources } = options;
  const statements = createClientStatements(masterKeys);
  const clients = createClients({ statements, documents: createMetadataDocuments(options) });
  const parts = {
    ...options,
    statements,
    clients,
    forms: createConsentForms(options),
    resources: () => resources.all(),
  };
  return {
    resources,
    pace: createPace({ rateLimit: createRateLimit({ ...options, name: 'oauth' }) }),
    metadata: () => serverMetadata({ issuer: issuer(), registration: registration === 'open' }),
    register: (metadata) => registerClient(parts, metadata),
    ask: (person, parameters) => askConsent(parts, person, parameters),
    answer: (person, answer) => answerConsent(parts, person, answer),
    issue: (request) => issueTokens(parts, request),
    revoke: (request) => revokeToken(parts, request),
    listGrants: (principal, query) => listGrants(options, principal, query),
    revokeGrant: (principal, grantId) => revokeGrant(options, principal, grantId),
  };
}
