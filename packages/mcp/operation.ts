import { toMeshError, type MeshError, type Telemetry } from '@devmesh/foundation';

interface OperationOptions {
  readonly telemetry: Telemetry;
  /** Low-cardinality name of the method. */
  readonly method: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** W3C `traceparent` of the caller. */
  readonly parent: string | undefined;
  /** When it has aborted, nobody waits for the outcome, so a failure is no news. */
  readonly signal: AbortSignal;
}

/** How one request ended. */
export type Outcome =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: MeshError; readonly traceId: string | undefined };

/** Runs one request in a span, measures it, and turns whatever it throws into an outcome. Never throws. */
export async function runOperation(options: OperationOptions, work: () => Promise<string>): Promise<Outcome> {
  const { telemetry, method } = options;
  const started = performance.now();
  let traceId: string | undefined;
  const measure = (status: string): void => {
    telemetry.metrics.time('mcp_server_operation_duration_seconds', (performance.now() - started) / 1000, {
      method,
      status,
    });
  };
  try {
    const text = await telemetry.tracer.span(
      `mcp ${method}`,
      { parent: options.parent, attributes: { 'mcp.method.name': method, ...options.attributes } },
      () => {
        traceId = telemetry.tracer.traceId();
        return work();
      },
    );
    measure('ok');
    return { ok: true, text };
  } catch (failure) {
    const error = toMeshError(failure);
    measure(options.signal.aborted ? 'cancelled' : error.code);
    if (error.code === 'internal' && !options.signal.aborted) {
      telemetry.log.error('an MCP request failed unexpectedly', failure, { 'mcp.method.name': method, traceId });
    }
    return { ok: false, error, traceId };
  }
}
