import { createHash } from 'node:crypto';

/** Text of a page whose values are escaped. */
export interface Html {
  readonly html: string;
}

/** Builds text of a page: values are escaped, other such texts are taken as they are. */
export function text(strings: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  return { html: strings.map((string, index) => string + htmlOf(values[index] ?? '')).join('') };
}

function htmlOf(value: string | Html | readonly Html[]): string {
  if (typeof value === 'string') return escaped(value);
  return 'html' in value ? value.html : value.map(({ html }) => html).join('');
}

function escaped(value: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return value.replaceAll(/[&<>"']/gu, (character) => entities[character] ?? '');
}

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 15vh auto; padding: 0 1rem; overflow-wrap: anywhere; }
.warning { border-left: .25rem solid #c77700; padding-left: 1rem; }
button, input { font: inherit; padding: .5rem 1rem; }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

interface PageOptions {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  readonly hasForm?: boolean;
}

/** A page without scripts that nobody frames, that a browser forgets, and whose address no other page learns. */
export function page({ title, body, status = 200, hasForm = false }: PageOptions): Response {
  const heading = escaped(title);
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${heading} · Developer Mesh</title><style>${style}</style>`;
  const whole = `<!doctype html><html lang="en"><head>${head}</head><body><h1>${heading}</h1>${body.html}</body></html>`;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${hasForm ? "'self'" : "'none'"}; base-uri 'none'; frame-ancestors 'none'`,
    // A form needs its Origin, which `no-referrer` would hide; the path and its code stay hidden either way.
    'referrer-policy': hasForm ? 'strict-origin' : 'no-referrer',
  };
  return new Response(whole, { status, headers });
}
