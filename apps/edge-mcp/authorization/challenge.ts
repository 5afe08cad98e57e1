import { mcpScopes } from '@devmesh/api';

interface Challenge {
  /** Where the metadata of the resource are; undefined where clients are not told to use OAuth. */
  readonly metadataUrl: string | undefined;
  /** Whether the request came with a credential, which then was not valid. */
  readonly presented: boolean;
}

/** The WWW-Authenticate of a 401 (RFC 6750, RFC 9728): what a client needs to get a token, where it is to get one. */
export function challengeOf({ metadataUrl, presented }: Challenge): string {
  if (metadataUrl === undefined) return 'Bearer realm="devmesh"';
  const error = presented ? ['error="invalid_token"'] : [];
  return `Bearer ${[`resource_metadata="${metadataUrl}"`, `scope="${mcpScopes.join(' ')}"`, ...error].join(', ')}`;
}

interface Insufficiency {
  readonly metadataUrl: string;
  /** All that the request needs. */
  readonly scopes: readonly string[];
  readonly description: string;
}

/** The WWW-Authenticate of a 403 that a token with more scopes would have passed. */
export function insufficientScope({ metadataUrl, scopes, description }: Insufficiency): string {
  const parameters = {
    error: 'insufficient_scope',
    scope: scopes.join(' '),
    resource_metadata: metadataUrl,
    error_description: description,
  };
  return `Bearer ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`;
}
