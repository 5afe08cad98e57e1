import { MeshError, systemClock } from '@devmesh/foundation';
import type { ToolsOptions } from '../options.ts';
import { packOf } from '../packs/packs.ts';
import { askService, type ProbedTool } from './organization-request.ts';

/** How a service answered to a check. */
export interface HealthCheck {
  readonly status: 'ok' | 'failed' | 'unauthorized' | 'unknown';
  readonly latencyMilliseconds: number | null;
  readonly httpStatus: number | null;
  readonly reason: string | null;
}

/** Reads what its pack names, or asks for the head of its base URL. */
export async function checkHealth(
  options: ToolsOptions,
  tenantId: string,
  tool: ProbedTool,
  signal?: AbortSignal,
): Promise<HealthCheck> {
  const clock = options.clock ?? systemClock;
  const path = tool.pack === null ? undefined : packOf(tool.pack)?.health;
  const asked = path === undefined ? ({ path: '', method: 'HEAD' } as const) : { path };
  const begun = clock.now();
  try {
    const { status } = await askService(options, { tenantId, tool, ...asked, signal });
    return {
      ...judge(status, path),
      latencyMilliseconds: Math.max(0, Math.round(clock.now() - begun)),
      httpStatus: status,
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof MeshError)) throw error;
    return { ...explain(error), latencyMilliseconds: null, httpStatus: null };
  }
}

function judge(status: number, path: string | undefined): Pick<HealthCheck, 'status' | 'reason'> {
  const answered = `It answered ${String(status)}`;
  if (status === 401 || status === 403)
    return { status: 'unauthorized', reason: `${answered}: the credential is refused.` };
  if (status === 429) return { status: 'unknown', reason: `${answered}: too much was asked of it.` };
  if (status >= 500) return { status: 'failed', reason: `${answered}.` };
  // The base URL of an API need not be anything by itself; that it answers is what counts.
  if (status < 400 || path === undefined) return { status: 'ok', reason: null };
  return { status: 'failed', reason: `${answered} to ${path}.` };
}

const unknownCodes: ReadonlySet<string> = new Set([
  'consent_required',
  'credential_missing',
  'forbidden',
  'unavailable',
  'rate_limited',
]);

function explain({ code, message }: MeshError): Pick<HealthCheck, 'status' | 'reason'> {
  const reason = message.slice(0, 500);
  return { status: unknownCodes.has(code) ? 'unknown' : 'failed', reason };
}
