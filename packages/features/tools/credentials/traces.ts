/** Shorter texts occur by chance, so that taking them away would only damage answers. */
const shortestTrace = 4;

/** Every form in which a service could echo a secret: as it stands, encoded for URLs, forms, JSON and headers, in hex and base64. */
export function tracesOf(...secrets: readonly string[]): readonly string[] {
  const forms = new Set(secrets.flatMap(formsOf));
  return [...forms].filter((form) => form.length >= shortestTrace).sort((one, other) => other.length - one.length);
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const inUrl = encodeURIComponent(secret);
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1);
  const inJson = JSON.stringify(secret).slice(1, -1);
  const base64 = bytes.toString('base64');
  const hex = bytes.toString('hex');
  return [
    secret,
    inUrl,
    lowerEscapes(inUrl),
    inForm,
    lowerEscapes(inForm),
    inJson,
    inJson.replaceAll('/', String.raw`\/`),
    inMarkup(secret),
    base64,
    base64.replace(/=+$/u, ''),
    bytes.toString('base64url'),
    hex,
    hex.toUpperCase(),
  ];
}

function lowerEscapes(text: string): string {
  return text.replaceAll(/%[\dA-F]{2}/gu, (code) => code.toLowerCase());
}

/** As the pages of errors show what was sent. */
function inMarkup(text: string): string {
  const named: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/gu, (sign) => named[sign] ?? sign);
}
