/** What every answer says to browsers, unless it says something else itself. */
const always: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['x-frame-options', 'DENY'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
];

const twoYears = 'max-age=63072000; includeSubDomains';

/** Adds the headers that keep browsers safe; `https` adds HSTS (RFC 6797), which browsers only take over TLS. */
export function withSecurityHeaders(response: Response, { https }: { readonly https: boolean }): Response {
  const answered = isMutable(response) ? response : new Response(response.body, response);
  const { headers } = answered;
  for (const [name, value] of always) if (!headers.has(name)) headers.set(name, value);
  if (https && !headers.has('strict-transport-security')) headers.set('strict-transport-security', twoYears);
  return answered;
}

/** Answers of `fetch` and redirects have headers that cannot be changed. */
function isMutable({ headers }: Response): boolean {
  try {
    headers.set('x-content-type-options', 'nosniff');
    return true;
  } catch {
    return false;
  }
}
