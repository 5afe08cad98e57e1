import type { Scheme } from '../document/operation.ts';

/** Where a request may carry credentials. */
export interface Carriers {
  readonly headers: Headers;
  readonly query: ReadonlySet<string>;
  readonly cookies: ReadonlySet<string>;
}

/** What each alternative lacks; nothing where one of them is satisfied. */
export function missingCredentials(
  alternatives: readonly (readonly Scheme[])[],
  carriers: Carriers,
): readonly string[] {
  if (alternatives.length === 0) return [];
  const lacking = alternatives.map((schemes) => lackOfAll(schemes, carriers));
  if (lacking.some((sentences) => sentences.length === 0)) return [];
  return lacking.map((sentences) => sentences.join(' and '));
}

/** A request has one `Authorization`, so that one of several schemes that want it is all that can be sent. */
function lackOfAll(schemes: readonly Scheme[], carriers: Carriers): readonly string[] {
  const lacks = (some: readonly Scheme[]): readonly string[] => some.flatMap((scheme) => lack(scheme, carriers));
  const rivals = schemes.filter(wantsAuthorization);
  const settled = rivals.some((scheme) => lack(scheme, carriers).length === 0);
  return lacks(settled ? schemes.filter((scheme) => !rivals.includes(scheme)) : schemes);
}

function wantsAuthorization({ type, in: place, parameter }: Scheme): boolean {
  if (type === 'apiKey') return place === 'header' && parameter.toLowerCase() === 'authorization';
  return type === 'http' || type === 'oauth2' || type === 'openIdConnect';
}

function lack(scheme: Scheme, { headers, query, cookies }: Carriers): readonly string[] {
  const { type, name, parameter } = scheme;
  const authorization = headers.get('authorization') ?? '';
  switch (type) {
    case 'apiKey': {
      const places: Readonly<Record<string, boolean>> = {
        query: query.has(parameter),
        cookie: cookies.has(parameter),
        header: parameter !== '' && (headers.get(parameter) ?? '') !== '',
      };
      return places[scheme.in] === false ? [`the ${scheme.in} parameter ${parameter} (${name})`] : [];
    }
    case 'http':
      return hasScheme(authorization, scheme.http) ? [] : [`Authorization: ${scheme.http} … (${name})`];
    case 'oauth2':
    case 'openIdConnect':
      return hasScheme(authorization, 'bearer') ? [] : [`Authorization: bearer … (${name})`];
    default:
      // A client certificate is seen by whoever ends TLS, which is not this server.
      return [];
  }
}

function hasScheme(authorization: string, scheme: string): boolean {
  const at = authorization.indexOf(' ');
  if (at < 0 || authorization.slice(0, at).toLowerCase() !== scheme) return false;
  const credential = authorization.slice(at + 1).trim();
  if (scheme !== 'basic') return credential !== '';
  return /^[A-Za-z0-9+/]+=*$/u.test(credential) && Buffer.from(credential, 'base64').includes(':');
}

/** The names of parameters in which the schemes of an operation carry credentials. */
export function credentialNames(alternatives: readonly (readonly Scheme[])[], place: string): ReadonlySet<string> {
  const schemes = alternatives.flat().filter((scheme) => scheme.type === 'apiKey' && scheme.in === place);
  return new Set(schemes.map(({ parameter }) => parameter));
}
