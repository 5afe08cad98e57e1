import { MeshError } from '@devmesh/foundation';
import { member, type Payload } from './body.ts';
import { header, isHeaderName } from './header.ts';
import type { Place } from './kind.ts';

/** What stands at a place of a webhook. */
export function at(place: Place, headers: Headers, payload: Payload): unknown {
  return 'header' in place ? header(headers, place.header) : place.path.split('.').reduce<unknown>(member, payload);
}

/** How people call a place. */
export function nameOf(place: Place): string {
  return 'header' in place ? `The header ${place.header}` : place.path;
}

/** Throws `invalid_request` unless the place can hold something. */
export function checkPlace(place: Place | undefined, setting: string): void {
  if (place === undefined) return;
  const isSound =
    'header' in place ? isHeaderName(place.header) : /^[^.]{1,50}(?:\.[^.]{1,50}){0,7}$/u.test(place.path);
  if (!isSound)
    throw new MeshError('invalid_request', `${setting} names neither a header nor a dotted path of the body.`);
}
