import { toMeshError } from '@devmesh/foundation';
import type { FinishedConsent } from './consent.ts';

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  // The address holds a code and a state; no other page learns of it.
  'referrer-policy': 'no-referrer',
};

/** The page of a consent that led to a connection. */
export function connectedPage({ provider, mode, account }: FinishedConsent): Response {
  const whose = account === undefined ? '' : ` as ${account}`;
  const use = mode === 'user' ? 'It serves your own calls only.' : 'It serves the calls of the whole organization.';
  return page(200, 'Connected', `${provider} is connected${whose}. ${use} You can close this window.`);
}

/** The page of one that did not. */
export function notConnectedPage(error: unknown): Response {
  const { message, code } = toMeshError(error);
  const status = code === 'internal' ? 500 : 400;
  return page(status, 'Not connected', `${message} Nothing was connected; begin again to try once more.`);
}

function page(status: number, title: string, text: string): Response {
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)} · Developer Mesh</title>
<body style="font: 1rem/1.5 system-ui; max-width: 34rem; margin: 20vh auto; padding: 0 1rem">
<h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
</body>
</html>
`;
  return new Response(body, { status, headers });
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/gu, (character) => entities[character] ?? '');
}
