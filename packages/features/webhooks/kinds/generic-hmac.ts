import { MeshError } from '@devmesh/foundation';
import { checkPlaces, readGeneric } from './generic.ts';
import { header, isHeaderName, withoutPrefix } from './header.ts';
import { refuse, requireHmac } from './hmac.ts';
import type { Arrival, Kind, KindSettings, Verification } from './kind.ts';
import { requireRecent } from './timestamp.ts';

const defaultHeader = 'x-signature';

/** Any sender that signs with an HMAC in one header: the settings tell how. */
export const genericHmac: Kind = {
  title: 'Generic HMAC',
  signature:
    'The header of the settings (`X-Signature` by default) is the HMAC of the raw body, or of a template with a signed timestamp; SHA-256 in hex unless the settings tell otherwise.',
  verify: verifyGeneric,
  read: readGeneric,
  checkSettings: (settings) => {
    checkPlaces(settings);
    if (!isHeaderName(settings.header ?? defaultHeader)) throw unsound('header is not the name of a header');
    if (!isHeaderName(settings.timestampHeader ?? defaultHeader))
      throw unsound('timestampHeader is not the name of one');
    const template = templateOf(settings);
    if (template.split('{body}').length !== 2) throw unsound('template must hold {body} once');
    if (template.includes('{timestamp}') !== (settings.timestampHeader !== undefined)) {
      throw unsound('template holds {timestamp} exactly where there is a timestampHeader');
    }
  },
};

function verifyGeneric({ headers, rawBody }: Arrival, verification: Verification): void {
  const { secrets, settings } = verification;
  const timestamp =
    settings.timestampHeader === undefined
      ? ''
      : requireRecent(header(headers, settings.timestampHeader), verification);
  const [before, after, ...more] = templateOf(settings).replaceAll('{timestamp}', timestamp).split('{body}');
  if (before === undefined || after === undefined || more.length > 0)
    throw refuse('The template does not sign the body.');
  const given = withoutPrefix(settings.prefix ?? '', header(headers, settings.header ?? defaultHeader));
  const { algorithm, encoding } = settings;
  requireHmac(given, { secrets, signed: [before, rawBody, after], algorithm, encoding });
}

function templateOf({ template, timestampHeader }: KindSettings): string {
  return template ?? (timestampHeader === undefined ? '{body}' : '{timestamp}.{body}');
}

function unsound(problem: string): MeshError {
  return new MeshError('invalid_request', `The settings of the source are not sound: ${problem}.`);
}
