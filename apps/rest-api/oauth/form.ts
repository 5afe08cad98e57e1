import { MeshError } from '@devmesh/foundation';
import { readBytes } from '@devmesh/infrastructure';

const maximumBytes = 32_768;

/** The fields of a form. Throws `unsupported_media_type` and `too_large`. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new MeshError('unsupported_media_type', 'The body must be application/x-www-form-urlencoded.');
  }
  return new URLSearchParams(Buffer.from(await readBytes(request, { maximumBytes })).toString('utf8'));
}
