import { createHash } from 'node:crypto';
import type { html } from 'hono/html';

type Html = ReturnType<typeof html>;

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 8vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.4rem; line-height: 1.3; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; font-weight: 600; }
.warning { border-left: .25rem solid #c77700; padding: .1rem 1rem; }
.answers { display: flex; gap: .75rem; margin-top: 1.5rem; }
button { font: inherit; padding: .5rem 1.4rem; border-radius: .4rem; border: 1px solid; cursor: pointer; }
button[value=allow] { background: #1f5fbf; border-color: #1f5fbf; color: #fff; }
`;

const styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

interface PageOptions {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** An address that a form of the page may lead to in the end, besides our own. */
  readonly leadsTo?: string;
}

/** A page without scripts that nobody frames, and that a browser forgets. */
export async function page({ title, body, status = 200, leadsTo }: PageOptions): Promise<Response> {
  // Not html``: it would escape the quotes of the style, whose hash the policy names.
  const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head>`;
  const text = `${head}<body>${String(await body)}</body></html>`;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policy(leadsTo),
    'x-frame-options': 'DENY',
    // The form needs its Origin, which `no-referrer` would hide.
    'referrer-policy': 'same-origin',
    // Clients open this page in a window of their own and wait for it to come back to them.
    'cross-origin-opener-policy': 'unsafe-none',
  };
  return new Response(text, { status, headers });
}

function policy(leadsTo: string | undefined): string {
  const targets = leadsTo === undefined ? '' : ` ${sourceOf(leadsTo)}`;
  return `default-src 'none'; style-src ${styleHash}; form-action 'self'${targets}; base-uri 'none'; frame-ancestors 'none'`;
}

/** A source as a policy can write it; it has no words for the addresses of IPv6. */
function sourceOf(uri: string): string {
  const { origin, hostname, protocol } = new URL(uri);
  return hostname.startsWith('[') ? protocol : origin;
}
