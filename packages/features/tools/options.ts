import type { Clock, NewId, Telemetry } from '@devmesh/foundation';
import type { Bell, Blob, Database, Embedder, Journal, KeyValue, Outbound } from '@devmesh/infrastructure';
import type { Audit, AuditBodies } from '../audit/index.ts';
import type { Connections } from '../connections/index.ts';
import type { Events } from '../events/index.ts';
import type { Notifications } from '../notifications/index.ts';
import type { Policy } from '../policy/index.ts';
import type { Vault } from '../vault/index.ts';
import type { DocumentReader } from './reading/document-reader.ts';
import type { StdioRules } from './upstream-mcp/stdio/program.ts';

/** What the tools feature works with. */
export interface ToolsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  /** Compares questions and tools by meaning; absent: by words only. */
  readonly embedder?: Embedder;
  readonly fetch: Outbound;
  readonly vault: Vault;
  readonly connections: Connections;
  /** What an organization allows. */
  readonly settings: (tenantId: string) => Promise<{ readonly passThrough: boolean }>;
  readonly policy: Policy;
  readonly audit: Audit;
  readonly auditBodies: Pick<AuditBodies, 'keep'>;
  readonly events: Events;
  /** Lets calls be answered before their records are committed; absent: they wait. */
  readonly journal?: Journal | undefined;
  /** Tells people of changes that wait; absent: only the feed does. */
  readonly notifications?: Pick<Notifications, 'notifyIn'>;
  readonly newId: NewId;
  /** Where large results are kept; absent: nowhere. */
  readonly blob?: Blob;
  readonly clock?: Clock;
  /** Reads documents; absent: one that starts a thread for each. */
  readonly reader?: DocumentReader;
  /** Which programs may be started as MCP servers; absent: none. */
  readonly stdio?: StdioRules;
  readonly telemetry: Telemetry;
}
