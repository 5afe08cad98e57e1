/** What a program needs that touches no engine: telemetry and an HTTP server. The gateway imports this and nothing else from here. */
export { listenerConfigShape, listenerOf } from './http/listener-config.ts';
export { problemResponse } from './http/problem.ts';
export { readinessResponse } from './http/readiness.ts';
export { createHttpService, type HttpService } from './http/server.ts';
export { createTelemetry, type RunningTelemetry } from './telemetry/telemetry.ts';
export type { TlsFiles } from './http/tls.ts';
