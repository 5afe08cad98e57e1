export { canonicalJson } from './canonical-json.ts';
export { systemClock, type Clock } from './clock.ts';
export { flag, integer, list, parseConfig, type ConfigOf, type ConfigShape } from './config.ts';
export {
  errorTable,
  isErrorCode,
  MeshError,
  toMeshError,
  toProblem,
  type ErrorCode,
  type Issue,
  type Problem,
} from './errors.ts';
export { framingHeaders } from './framing-headers.ts';
export { newId, type NewId } from './ids.ts';
export { describeFailure, runProgram } from './program.ts';
export { redactSecrets } from './redaction.ts';
export { createLineReader } from './line-reader.ts';
export { createResilience, type Resilience } from './resilience.ts';
export { Secret } from './secret.ts';
export {
  groupServices,
  runServices,
  stopTimes,
  untilSignal,
  type Readiness,
  type RunningServices,
  type Service,
} from './service.ts';
export {
  silentTelemetry,
  type Attributes,
  type FinishedSpan,
  type Logger,
  type Metrics,
  type SpanOptions,
  type Telemetry,
  type Tracer,
} from './telemetry.ts';
export { version } from './version.ts';
