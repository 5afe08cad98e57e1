import { fetchedPackages, newerNode } from '@devmesh/testkit';

/** Clients of others, each in a folder of its own. */
export interface FetchedClients {
  readonly inspector: string;
  readonly mcporter: string;
  /** The official SDK before its second edition. */
  readonly sdk: string;
  /** A Node that all of them run on. */
  readonly node: string;
}

/** Fetches the clients, where they were not; throws where the registry is out of reach. */
export function fetchClients(): FetchedClients {
  return {
    node: newerNode(24),
    inspector: fetchedPackages({ '@modelcontextprotocol/inspector': '2.12.0' }),
    mcporter: fetchedPackages({ mcporter: '0.12.3' }),
    sdk: fetchedPackages({ '@modelcontextprotocol/sdk': '1.32.2' }),
  };
}
