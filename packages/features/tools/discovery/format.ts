/** What an answer seems to be, by its beginning; only reading it says for certain. */
export type SeenFormat =
  | 'openapi'
  | 'swagger'
  | 'postman'
  | 'description'
  | 'html'
  | 'linkset'
  | 'script'
  | 'swagger-config'
  | 'not-supported'
  | 'unknown';

interface Seen {
  readonly format: SeenFormat;
  /** What it is, for people, where that is all that can be said. */
  readonly what?: string;
}

const looked = 200_000;

/** Patterns that are tried in order against the beginning of a text; each runs in linear time. */
const signs: readonly (readonly [RegExp, SeenFormat, string?])[] = [
  [
    /^\s*<(?:\?xml[^>]{0,200}>\s*)?[^>]{0,2000}schemas\.xmlsoap\.org\/wsdl/iu,
    'not-supported',
    'a WSDL description, which is not supported',
  ],
  [/^\s*(?:<!doctype\s+html|<html|<head|<body|<!--)/iu, 'html'],
  [/getpostman\.com\/json\/collection\/v2/u, 'postman'],
  [/^\s*\{[^]{0,4000}?"openapi"\s*:\s*"?3/u, 'openapi'],
  [/(?:^|\n)["']?openapi["']?\s*:\s*["']?3/u, 'openapi'],
  [/"openapi"\s*:\s*"3\.\d/u, 'openapi'],
  [/(?:^|\n)["']?swagger["']?\s*:\s*["']?2/u, 'swagger'],
  [/"swagger"\s*:\s*"?2/u, 'swagger'],
  [/(?:^\s*\{[^]{0,4000}?"|(?:^|\n))asyncapi"?\s*:/u, 'not-supported', 'an AsyncAPI document, which is not supported'],
  [/^\s*\{\s*"data"\s*:\s*\{\s*"__schema"/u, 'not-supported', 'a GraphQL schema, which is not supported'],
  [/^\s*(?:"""|schema\s*\{|type\s+Query\b)/u, 'not-supported', 'a GraphQL schema, which is not supported'],
  [/^\s*\{[^]{0,2000}?"webServices"\s*:\s*\[/u, 'description'],
  [/^\s*\{[^]{0,2000}?"linkset"\s*:\s*\[/u, 'linkset'],
  [/^\s*\{[^]{0,4000}?"(?:configUrl|urls|oauth2RedirectUrl)"\s*:/u, 'swagger-config'],
  [/^\s*\{[^]{0,2000}?"(?:endpoints|routes|operations|apis)"\s*:\s*[[{]/u, 'description'],
  [/SwaggerUIBundle|spec-?url|Redoc\.init/iu, 'script'],
];

/** Tells what a text seems to be. */
export function formatOf(text: string): Seen {
  const beginning = text.replace(/^\uFEFF/u, '').slice(0, looked);
  const [, format, what] = signs.find(([sign]) => sign.test(beginning)) ?? [];
  if (format === undefined) return { format: 'unknown' };
  return what === undefined ? { format } : { format, what };
}
