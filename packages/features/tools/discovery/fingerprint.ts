/** What an answer shows of the product behind it. */
interface Shown {
  readonly headers: Headers;
  readonly text: string;
}

const telling = [
  'x-jenkins',
  'x-gitlab-meta',
  'x-grafana-id',
  'x-artifactory-id',
  'x-sonatype-request-id',
  'x-kubernetes-pf-flowschema-uid',
  'x-sentry-rate-limit-limit',
  'x-powered-by',
  'server',
] as const;

/** Front ends that stand before every product, which tell nothing. */
const anybody =
  /^(?:nginx|apache|cloudflare|openresty|caddy|envoy|istio-envoy|traefik|iis|microsoft-iis|awselb|gunicorn|uvicorn|kestrel|express|amazons3|gws|tengine|haproxy|varnish)\b/iu;

/** A text by which instances of a product are known again; undefined where nothing tells them from others. */
export function fingerprintOf({ headers, text }: Shown): string | undefined {
  const shown = telling.map((name) => byHeader(name, headers.get(name))).find((found) => found !== undefined);
  return (shown ?? byPage(text.slice(0, 100_000)))?.slice(0, longest);
}

function byHeader(name: string, value: string | null): string | undefined {
  if (value === null) return undefined;
  if (name.startsWith('x-') && name !== 'x-powered-by') return `header ${name}`;
  const product = plain(value.split(/[\s/(]/u, 1)[0] ?? '');
  return product === '' || anybody.test(product) ? undefined : `${name} ${product}`;
}

const generator = /<meta\b[^<>]{0,200}name\s*=\s*["']?generator["']?[^<>]{0,200}content\s*=\s*["']([^"'<>]{1,200})/iu;
const title = /<title[^<>]{0,200}>([^<>]{1,200})</iu;

function byPage(source: string): string | undefined {
  const name = plain(generator.exec(source)?.[1] ?? title.exec(source)?.[1] ?? '');
  return name === '' ? undefined : `title ${name}`;
}

const longest = 200;

/** Without versions and names of instances, which differ between them. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/v?\d+(?:\.\d+)*\S*/gu, '')
    .replaceAll(/[^\p{L} -]+/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}
