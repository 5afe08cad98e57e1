import { z } from 'zod';
import { clientAuthentications } from './client.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import { isAllowedRedirectUri } from './redirect-uri.ts';

const mostRedirectUris = 10;

/** What cannot be shown, or turns the reading of what stands around it. */
const unshowable = /[\p{C}\p{Zl}\p{Zp}]/u;

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((text) => !unshowable.test(text), 'has a character that cannot be shown');

const metadata = z.object({
  redirect_uris: z.array(z.string()).min(1).max(mostRedirectUris),
  client_name: name.optional(),
  token_endpoint_auth_method: z.string().optional(),
  grant_types: z.array(z.string()).max(10).optional(),
  response_types: z.array(z.string()).max(10).optional(),
});

/** What counts of a client's metadata (RFC 7591); the rest is left out. */
export interface ClientMetadata {
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly authentication: (typeof clientAuthentications)[number];
}

/** Reads the metadata of a client; throws `invalid_redirect_uri` or `invalid_client_metadata` that says what is wrong. */
export function readClientMetadata(value: unknown): ClientMetadata {
  const { data, error } = metadata.safeParse(value);
  if (data === undefined) {
    const fields = [...new Set(error.issues.map(({ path }) => path[0] ?? 'the document'))].map(String);
    throw new OAuthRefusal('invalid_client_metadata', `Wrong or missing: ${fields.join(', ')}.`);
  }
  if (!data.redirect_uris.every(isAllowedRedirectUri)) {
    throw new OAuthRefusal(
      'invalid_redirect_uri',
      'A redirect URI is an https address, or http on the loopback (127.0.0.1, [::1], localhost), in its normal form and without a fragment.',
    );
  }
  requireKnown('grant_types', data.grant_types, ['authorization_code', 'refresh_token'], 'authorization_code');
  requireKnown('response_types', data.response_types, ['code'], 'code');
  return {
    name: data.client_name ?? 'A client without a name',
    redirectUris: [...new Set(data.redirect_uris)],
    authentication: readAuthentication(data.token_endpoint_auth_method),
  };
}

/** RFC 7591 takes a client that says nothing for one with a secret. */
function readAuthentication(method = 'client_secret_basic'): ClientMetadata['authentication'] {
  const known = clientAuthentications.find((each) => each === method);
  if (known !== undefined) return known;
  throw new OAuthRefusal(
    'invalid_client_metadata',
    `token_endpoint_auth_method must be one of ${clientAuthentications.join(', ')}.`,
  );
}

/** What a client does besides, it may do elsewhere; what we offer must be among it. */
function requireKnown(field: string, given: readonly string[] | undefined, known: readonly string[], needed: string) {
  if (given === undefined || given.length === 0 || given.includes(needed)) return;
  throw new OAuthRefusal('invalid_client_metadata', `${field} must contain ${needed}; known are ${known.join(', ')}.`);
}
