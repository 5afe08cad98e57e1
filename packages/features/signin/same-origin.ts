import { MeshError } from '@devmesh/foundation';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses, with `forbidden`, a request that a page of another origin made the browser send with our cookies. The browser says
 * where it comes from (Sec-Fetch-Site); where it does not, its Origin must be ours; where it says neither, it is refused.
 */
export function requireSameOrigin(request: Request, publicUrl: string): void {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const own = site === null ? origin !== null && origin === new URL(publicUrl).origin : site === 'same-origin';
  if (own) return;
  throw new MeshError('forbidden', 'A request with cookies must come from a page of this very server.');
}

/** Whether a request may change something. */
export function isUnsafe(request: Request): boolean {
  return !safeMethods.has(request.method);
}
