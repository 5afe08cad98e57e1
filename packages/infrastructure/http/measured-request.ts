import { MeshError, type Telemetry } from '@devmesh/foundation';
import { portOfUrl, shownUrl } from './outbound-url.ts';

/** Runs the request with a span and a duration; neither shows the query. */
export async function measuredRequest<Answer extends { readonly status: number }>(
  { metrics, tracer }: Telemetry,
  { url, method }: { readonly url: URL; readonly method: string },
  work: () => Promise<Answer>,
): Promise<Answer> {
  const attributes = {
    'http.request.method': method,
    'server.address': url.hostname,
    'server.port': portOfUrl(url),
    'url.full': shownUrl(url),
  };
  const startedAt = performance.now();
  let outcome = 'internal';
  try {
    return await tracer.span(`HTTP ${method}`, { attributes }, async () => {
      const answer = await work();
      outcome = String(answer.status);
      tracer.annotate({ 'http.response.status_code': answer.status });
      return answer;
    });
  } catch (error) {
    outcome = error instanceof MeshError ? error.code : 'cancelled';
    throw error;
  } finally {
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.time('http.client.request.duration', seconds, { 'http.request.method': method, outcome });
  }
}
