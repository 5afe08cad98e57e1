import { mcpScopes } from '@devmesh/api';
import { clientAuthentications } from './client.ts';

interface ServerMetadataOptions {
  readonly issuer: string;
  /** Whether clients may register themselves. */
  readonly registration: boolean;
}

/** What the authorization server says of itself (RFC 8414), and nothing that it does not do. */
export function serverMetadata({ issuer, registration }: ServerMetadataOptions): Readonly<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    ...(registration ? { registration_endpoint: `${issuer}/oauth/register` } : {}),
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: mcpScopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: clientAuthentications,
    revocation_endpoint_auth_methods_supported: clientAuthentications,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  };
}
