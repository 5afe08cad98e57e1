import { isObject, listOf, objectOf, textOf } from '../reading/json-value.ts';

/** An address that something said a description lies at. */
export interface Link {
  readonly url: string;
  /** How it was found, for people. */
  readonly found: string;
  /** Whether it was said to be a description, not only to lead to one. */
  readonly strong: boolean;
}

const mostLinks = 30;
const looked = 500_000;

/** Descriptions that a page, a script or a configuration names, the strongest hints first. */
export function linksIn(text: string, base: string): readonly Link[] {
  const source = text.slice(0, looked);
  const found = [
    ...relLinks(source),
    ...attributes(source),
    ...scriptHints(source),
    ...anchors(source),
    ...scripts(source),
  ];
  return resolved(found, base);
}

/** Links of a header `Link` (RFC 8288) that lead to descriptions (RFC 8631). */
export function linksInHeader(header: string | null, base: string): readonly Link[] {
  const found = (header ?? '')
    .slice(0, 8_000)
    .split(/,(?=\s*<)/u)
    .flatMap((part) => {
      const { target, rel } = /^\s*<(?<target>[^<>]*)>[^]*?;\s*rel\s*=\s*"?(?<rel>[^";]*)/iu.exec(part)?.groups ?? {};
      return target === undefined || rel === undefined ? [] : relation(rel, target, 'the header Link');
    });
  return resolved(found, base);
}

/** Descriptions in a set of links (RFC 9264), as an API catalogue has them (RFC 9727). */
export function linksInLinkset(text: string, base: string): readonly Link[] {
  const document = jsonOf(text);
  const found = listOf(objectOf(document)['linkset'])
    .filter(isObject)
    .flatMap((context) => [
      ...targets(context['service-desc']).flatMap((target) => relation('service-desc', target, 'the API catalogue')),
      ...targets(context['service-doc']).flatMap((target) => relation('service-doc', target, 'the API catalogue')),
      // An item without a description of its own is an API to be asked itself.
      ...targets(context['item']).map((target) => ({ target, found: 'an item of the API catalogue', strong: false })),
    ]);
  return resolved(found, base);
}

/** Descriptions in the configuration of Swagger UI. */
export function linksInSwaggerConfig(text: string, base: string): readonly Link[] {
  const config = objectOf(jsonOf(text));
  const urls = listOf(config['urls'])
    .filter(isObject)
    .flatMap((entry) => textOf(entry['url']) ?? []);
  const single = [textOf(config['url']), textOf(config['configUrl'])].filter((url) => url !== undefined);
  const found = [...urls, ...single].map((target) => ({
    target,
    found: 'the configuration of Swagger UI',
    strong: true,
  }));
  return resolved(found, base);
}

interface Found {
  readonly target: string;
  readonly found: string;
  readonly strong: boolean;
}

function relation(rel: string, target: string, where: string): readonly Found[] {
  const names = rel.toLowerCase().split(/\s+/u);
  if (names.includes('service-desc') || names.includes('describedby'))
    return [{ target, found: `service-desc in ${where}`, strong: true }];
  if (names.includes('service-doc') || names.includes('api-catalog'))
    return [{ target, found: `${rel} in ${where}`, strong: false }];
  return [];
}

function targets(value: unknown): readonly string[] {
  return listOf(value)
    .filter(isObject)
    .flatMap((entry) => textOf(entry['href']) ?? []);
}

function relLinks(source: string): readonly Found[] {
  return [...source.matchAll(/<(?:link|a)\b[^<>]{0,1000}>/giu)].flatMap(([tag]) => {
    const rel = attribute(tag, 'rel');
    const target = attribute(tag, 'href');
    return rel === undefined || target === undefined ? [] : relation(rel, target, 'the page');
  });
}

function attribute(tag: string, name: string): string | undefined {
  const pattern = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\\s"'<>]{1,2000}))`, 'iu');
  const match = pattern.exec(tag);
  return match?.[1] ?? match?.[2] ?? match?.[3];
}

/** What components of documentation are pointed at: Redoc, RapiDoc, Scalar, Stoplight. */
function attributes(source: string): readonly Found[] {
  const pattern =
    /\b(?:spec-url|apiDescriptionUrl|data-url|data-spec-url|data-openapi)\s*=\s*(?:"([^"]{1,2000})"|'([^']{1,2000})')/giu;
  return [...source.matchAll(pattern)].map(([, double, single]) => ({
    target: double ?? single ?? '',
    found: 'an attribute of the page',
    strong: true,
  }));
}

/** `url: "..."` and `Redoc.init("...")` in scripts of Swagger UI and Redoc. */
function scriptHints(source: string): readonly Found[] {
  const named =
    /["']?\b(?:url|specUrl|configUrl|openapi_url|definitionURL)["']?\s*[:=]\s*["'`]([^"'`\n]{1,2000})["'`]/gu;
  const begun = /Redoc\.init\(\s*["'`]([^"'`\n]{1,2000})["'`]/gu;
  return [...source.matchAll(named), ...source.matchAll(begun)].map(([, target = '']) => ({
    target: target.replaceAll('\\/', '/'),
    found: 'a script of the page',
    strong: true,
  }));
}

/** Addresses on the page that look like a description, or like a page about one. */
function anchors(source: string): readonly Found[] {
  return [...source.matchAll(/\bhref\s*=\s*["']([^"'<>]{1,2000})["']/giu)].flatMap(
    ([, target = '']): readonly Found[] => {
      const path = target.split(/[?#]/u, 1)[0] ?? '';
      if (/(?:openapi|swagger|api-docs|postman|collection)[^/]*\.(?:json|ya?ml)$/iu.test(path)) {
        return [{ target, found: 'a link on the page', strong: true }];
      }
      if (/\/(?:swagger(?:-ui)?(?:\/index\.html)?|redoc|api-?docs?|openapi|docs\/api|reference)\/?$/iu.test(path)) {
        return [{ target, found: 'a link on the page', strong: false }];
      }
      return [];
    },
  );
}

function scripts(source: string): readonly Found[] {
  return [...source.matchAll(/\bsrc\s*=\s*["']([^"'<>]{1,2000})["']/giu)].flatMap(([, target = '']) =>
    /(?:swagger-initializer|swagger-ui-init|swagger-config|redoc-init)[^/]*\.js(?:\?|$)/iu.test(target)
      ? [{ target, found: 'a script of the page', strong: false }]
      : [],
  );
}

function resolved(found: readonly Found[], base: string): readonly Link[] {
  const links = found.flatMap(({ target, ...rest }): readonly Link[] => {
    if (!URL.canParse(target, base)) return [];
    const url = new URL(target.trim(), base);
    url.hash = '';
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return [];
    if (url.username !== '' || url.password !== '' || pictures.test(url.pathname)) return [];
    return [{ ...rest, url: url.href }];
  });
  const distinct = new Map(links.toReversed().map((link) => [link.url, link]));
  return [...distinct.values()]
    .toReversed()
    .toSorted((one, other) => Number(other.strong) - Number(one.strong))
    .slice(0, mostLinks);
}

const pictures = /\.(?:png|jpe?g|gif|svg|ico|css|woff2?|map)$/iu;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // What is not JSON names no links; the caller tells that the address held nothing.
    return undefined;
  }
}
