import { MeshError } from '@devmesh/foundation';
import { bearerToken } from './authorization.ts';
import { checkPlaces, readGeneric } from './generic.ts';
import { header, headerBytes, isHeaderName, withoutPrefix } from './header.ts';
import { requireToken } from './hmac.ts';
import type { Kind } from './kind.ts';

/** Any sender that can only be given a header: the settings name it, else it is `Authorization: Bearer`. */
export const genericToken: Kind = {
  title: 'Generic token',
  signature: '`Authorization: Bearer <secret>`, or the secret in the header of the settings; nothing is signed.',
  verify: ({ headers }, { secrets, settings }) => {
    const named = settings.header;
    const token =
      named === undefined
        ? bearerToken(headers)
        : headerBytes(withoutPrefix(settings.prefix ?? '', header(headers, named))[0]);
    requireToken(token, secrets);
  },
  read: readGeneric,
  checkSettings: (settings) => {
    checkPlaces(settings);
    const { algorithm, encoding, template, timestampHeader } = settings;
    if ([algorithm, encoding, template, timestampHeader].some((setting) => setting !== undefined)) {
      throw new MeshError('invalid_request', 'A token signs nothing: only header, prefix, event and deliveryId apply.');
    }
    if (settings.header !== undefined && !isHeaderName(settings.header)) {
      throw new MeshError('invalid_request', 'header is not the name of a header.');
    }
  },
};
