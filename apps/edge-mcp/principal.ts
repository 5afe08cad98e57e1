import type { Client, operations, ResponseOf } from '@devmesh/api';

/** Who an MCP session acts as: the platform's answer about the key, and a client that carries that very key. */
export interface EdgePrincipal {
  readonly identity: ResponseOf<typeof operations.identity.whoAmI>;
  readonly client: Client;
}
