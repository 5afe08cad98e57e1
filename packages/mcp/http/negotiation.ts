import { MeshError } from '@devmesh/foundation';
import { isSupported } from '../revisions/negotiate.ts';
import { unsupportedVersion } from '../stateless/request-meta.ts';

export const json = 'application/json';
export const eventStream = 'text/event-stream';

/** Whether the client takes answers of this type; without an `Accept` header it takes any. */
export function accepts(request: Request, type: typeof json | typeof eventStream): boolean {
  const header = request.headers.get('accept');
  if (header === null) return true;
  const group = `${type.slice(0, type.indexOf('/'))}/*`;
  return header
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim()))
    .some(([range, ...parameters]) => {
      return (
        (range === type || range === group || range === '*/*') && !parameters.some((part) => /^q=0(\.0*)?$/.test(part))
      );
    });
}

/** Throws `not_acceptable` unless the client takes one of these types. */
export function requireAcceptable(request: Request, types: readonly (typeof json | typeof eventStream)[]): void {
  if (types.some((type) => accepts(request, type))) return;
  throw new MeshError('not_acceptable', `This answers with ${types.join(' or ')}.`);
}

/** Throws `unsupported_media_type` unless the body is said to be JSON. */
export function requireJsonBody(request: Request): void {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== json) throw new MeshError('unsupported_media_type', `The body must be ${json}.`);
}

/** Throws `unsupported_protocol` for a version header that names none of ours; without one the session's version holds. */
export function requireKnownVersion(request: Request): void {
  const version = request.headers.get('mcp-protocol-version');
  if (version === null || isSupported(version)) return;
  throw unsupportedVersion(version);
}
