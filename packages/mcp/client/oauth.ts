import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthClientProvider,
} from '@modelcontextprotocol/client';
import type { McpConnection } from './connect.ts';

interface OAuthOptions {
  /** The `http:` or `https:` address of an endpoint that tells its clients to use OAuth. */
  readonly url: string;
  readonly name: string;
  readonly version: string;
  /** Where the person is sent back to. */
  readonly redirectUri: string;
  /** Sent with every request to the endpoint. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Brings the person to an address; resolves with the parameters that they are sent back with. */
  readonly visit: (address: URL) => Promise<URLSearchParams>;
}

/** What a client keeps of its authorization; whoever holds it may change it. */
export interface KeptAuthorization {
  accessToken: string;
  readonly registrations: number;
}

type Given<Method> = Method extends (given: infer Value, ...rest: never[]) => unknown ? Value : never;

interface Kept {
  tokens?: Given<OAuthClientProvider['saveTokens']>;
  client?: Given<NonNullable<OAuthClientProvider['saveClientInformation']>>;
  discovery?: Given<NonNullable<OAuthClientProvider['saveDiscoveryState']>>;
  address?: URL;
  verifier?: string;
  registrations: number;
}

/** Connects the official client to an endpoint as a program would that knows nothing but its address. */
export async function connectWithOAuth(
  options: OAuthOptions,
): Promise<McpConnection & { readonly kept: KeptAuthorization }> {
  const { url, name, version, headers = {} } = options;
  const kept: Kept = { registrations: 0 };
  const authProvider = createProvider(options, kept);
  const open = () => new StreamableHTTPClientTransport(new URL(url), { authProvider, requestInit: { headers } });
  const asking = open();
  await new Client({ name, version }).connect(asking).catch((error: unknown) => {
    if (!(error instanceof UnauthorizedError)) throw error;
  });
  if (kept.address !== undefined) await asking.finishAuth(await options.visit(kept.address));
  const transport = open();
  const client = new Client({ name, version });
  await client.connect(transport);
  const close = async (): Promise<void> => {
    await transport.terminateSession();
    await client.close();
  };
  return { client, close, kept: viewOf(kept) };
}

function createProvider({ name, redirectUri }: OAuthOptions, kept: Kept): OAuthClientProvider {
  return {
    redirectUrl: redirectUri,
    clientMetadata: {
      client_name: name,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => {
      kept.client = client;
      kept.registrations += 1;
    },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => {
      kept.tokens = tokens;
    },
    redirectToAuthorization: (address) => {
      kept.address = address;
    },
    saveCodeVerifier: (verifier) => {
      kept.verifier = verifier;
    },
    codeVerifier: () => kept.verifier ?? '',
    // Binds the way back to the server that the person was sent to.
    discoveryState: () => kept.discovery,
    saveDiscoveryState: (state) => {
      kept.discovery = state;
    },
  };
}

function viewOf(kept: Kept): KeptAuthorization {
  return {
    get accessToken() {
      return kept.tokens?.access_token ?? '';
    },
    set accessToken(token) {
      kept.tokens = { token_type: 'Bearer', ...kept.tokens, access_token: token };
    },
    get registrations() {
      return kept.registrations;
    },
  };
}
