export type { Bell } from './bell/port.ts';
export { openDatabaseBell } from './bell/database.ts';
export type { Blob, BlobReference } from './blob/port.ts';
export { openFileBlob } from './blob/file.ts';
export { openPlatform } from './open-platform.ts';
export { platformConfigShape, type PlatformConfig } from './config.ts';
export { openEmbeddedDatabase, type EmbeddedOptions } from './database/embedded.ts';
export { errorCodeOf, isUniqueViolation } from './database/failures.ts';
export { migrateDown, migrateUp, migrationStatus, type DownTarget, type MigrationState } from './database/migrate.ts';
export { hashMigrations, type MigrationService } from './database/migration-files.ts';
export type { PgliteDatabase } from './database/pglite.ts';
export type { Database, DatabaseTraits, MigrationConnection, NoTables, SystemJob, Tx } from './database/port.ts';
export { productMigrations } from './database/product-migrations.ts';
export { openPostgres, openPostgresMigrations, type PostgresOptions } from './database/postgres.ts';
export { createLocalEmbedder } from './embedder/local.ts';
export type { Embedder, EmbeddingModel } from './embedder/port.ts';
export { parseBoundedJson, type JsonBounds } from './http/bounded-json.ts';
export { blockOf, createClientAddress, type ClientAddress } from './http/client-address.ts';
export { fetchFor } from './http/fetch-for.ts';
export type {
  ClientCertificate,
  GuardedFetch,
  GuardedRequest,
  GuardedResponse,
  GuardedSocket,
  GuardedStreamRequest,
  GuardedStreamResponse,
  Outbound,
} from './http/guard.ts';
export { createGuardedFetch, type ClosableGuardedFetch } from './http/guarded-fetch.ts';
export { listenerConfigShape, listenerOf } from './http/listener-config.ts';
export { prepared } from './database/prepared.ts';
export { problemResponse, retryAfterOf } from './http/problem.ts';
export { readinessResponse } from './http/readiness.ts';
export { readBytes, readJson, requireJson } from './http/read-body.ts';
export type { TlsFiles } from './http/tls.ts';
export { createHttpService, type HttpAddress, type HttpService } from './http/server.ts';
export type { Journal, Note } from './journal/port.ts';
export { openFileJournal } from './journal/file.ts';
export { createCache, type Cache } from './keyvalue/cache.ts';
export { createLocks, type Lock, type Locks } from './keyvalue/lock.ts';
export { openMemoryKeyValue } from './keyvalue/memory.ts';
export type { KeyValue, Taken } from './keyvalue/port.ts';
export {
  createRateLimit,
  type Limit,
  type OpenRateLimit,
  type PolicyLimit,
  type PolicyState,
  type RateLimit,
  type Verdict,
} from './keyvalue/rate-limit.ts';
export { rateLimitHeaders } from './keyvalue/rate-limit-headers.ts';
export {
  createSessions,
  type ListedSession,
  type Session,
  type SessionFacts,
  type Sessions,
} from './keyvalue/sessions.ts';
export type { Platform } from './platform.ts';
export { createEnvironmentSecrets } from './secrets/environment.ts';
export { createMasterKeys, deriveKey, type MasterKey, type MasterKeys } from './secrets/master-keys.ts';
export { hasMasterKey } from './secrets/open-master-keys.ts';
export type { Secrets } from './secrets/port.ts';
export { createConsumer, type ConsumerOptions } from './stream/consumer.ts';
export { openDatabaseStream } from './stream/database.ts';
export type { ClaimOptions, Delivery, Reader, Stream, StreamEntry } from './stream/port.ts';
export type { LogDestination } from './telemetry/pino.ts';
export { createTelemetry, type RunningTelemetry } from './telemetry/telemetry.ts';
export { startWorker } from './threads/start-worker.ts';
