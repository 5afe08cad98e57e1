import type { Clock, NewId, Telemetry } from '@devmesh/foundation';
import type { Bell } from './bell/port.ts';
import type { Blob } from './blob/port.ts';
import type { PlatformConfig } from './config.ts';
import type { Database } from './database/port.ts';
import type { Embedder } from './embedder/port.ts';
import type { Outbound } from './http/guard.ts';
import type { Journal } from './journal/port.ts';
import type { KeyValue } from './keyvalue/port.ts';
import type { MasterKeys } from './secrets/master-keys.ts';
import type { Stream } from './stream/port.ts';

/** Everything outside the process, behind ports. Features are built from this and from nothing else. */
export interface Platform {
  readonly config: PlatformConfig;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  readonly database: Database;
  /** Beside an embedded database; a server's commits promise more than a file here could. */
  readonly journal: Journal | undefined;
  readonly stream: Stream;
  readonly bell: Bell;
  readonly keyvalue: KeyValue;
  readonly blob: Blob;
  readonly embedder: Embedder;
  readonly fetch: Outbound;
  /** Wrap the tenants' keys; other secrets of the installation are derived from them. */
  readonly masterKeys: MasterKeys;
  /** The metrics of this process in Prometheus' text format. */
  metricsText(): Promise<string>;
  close(): Promise<void>;
}
