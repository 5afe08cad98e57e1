import type { MigrationConnection, Platform } from '@devmesh/infrastructure';

/** One organization of the proof: what it calls with. */
export interface Party {
  readonly organizationId: string;
  /** An admin key. */
  readonly key: string;
}

/** The database under an instance that the proof started itself. */
export interface Ground {
  readonly platform: Platform;
  /** A connection that sees everything, to look at what is there; nothing else may use the database meanwhile. */
  inspect<Result>(work: (connection: MigrationConnection) => Promise<Result>): Promise<Result>;
}

/** A running instance with two organizations, which the sweep asks over the network. */
export interface Instance {
  readonly apiUrl: string;
  /** Origin of the MCP gateway; absent where it was not told. */
  readonly edgeUrl: string | undefined;
  /** Where a document of a service can be imported from. */
  readonly mockUrl: string | undefined;
  /** A folder that may be indexed. */
  readonly repository: string | undefined;
  /** A folder with words that stand nowhere else. */
  readonly secretRepository: { readonly folder: string; readonly words: string } | undefined;
  readonly a: Party;
  readonly b: Party;
  /** Absent for an instance that runs elsewhere. */
  readonly ground: Ground | undefined;
  close(): Promise<void>;
}
