import type { Client, ConnectionMode, operations, ResponseOf } from '@devmesh/api';
import type { Credential } from './authorization/credential.ts';
import type { UpstreamCredentials } from './authorization/upstream-credentials.ts';
import type { NameStyle } from './tools/names.ts';

/** Who an MCP session acts as: the platform's answer about the credential, and a client that carries that very credential. */
export interface EdgePrincipal {
  readonly identity: ResponseOf<typeof operations.identity.whoAmI>;
  readonly client: Client;
  readonly credential: Pick<Credential, 'lapsed'>;
  /** The person's own credentials for imported services; of this session only. */
  readonly upstream: UpstreamCredentials;
  /** The tool set whose tools alone it sees and calls. */
  readonly set?: string | undefined;
  /** Whether it sees, of the imported tools, the pinned ones only, and finds the others by searching. */
  readonly meta?: boolean | undefined;
  /** What the client calls itself in its HTTP request. */
  readonly userAgent?: string | undefined;
  /** The kind of client that its address says it is. */
  readonly mode?: ConnectionMode | undefined;
  /** How names of tools are spelled where its endpoint was asked for another spelling than its own. */
  readonly names?: NameStyle | undefined;
}
