import { OAuthRefusal } from '@devmesh/features';
import { MeshError } from '@devmesh/foundation';
import { problemResponse } from '@devmesh/infrastructure';

/** An answer to an OAuth client, which nothing on its way keeps. */
export function answer(body: Readonly<Record<string, unknown>>, status = 200): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
}

/** What an OAuth client is told of a failure (RFC 6749, section 5.2); failures of ours are told as everywhere. */
export function refuse(error: unknown): Response {
  if (error instanceof OAuthRefusal) {
    const status = error.code === 'invalid_client' ? 401 : 400;
    const response = answer({ error: error.code, error_description: error.message }, status);
    if (status === 401) response.headers.set('www-authenticate', 'Basic realm="devmesh"');
    return response;
  }
  if (error instanceof MeshError) return problemResponse(error);
  throw error;
}
