const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** The words of an HTML page, one line a block: what an error page says to people. */
export function htmlText(html: string): string {
  return html
    .slice(0, longestPage)
    .replaceAll(/<!--[^]*?(?:-->|$)/gu, '')
    .replaceAll(/<(script|style|svg|template|noscript)\b[^]*?(?:<\/\1\s*>|$)/giu, '')
    .replaceAll(/<(?:br|\/?(?:p|div|li|tr|h\d|title|table|section|article|header|footer|pre|ul|ol))\b[^<>]*>/giu, '\n')
    .replaceAll(/<[^<>]*>/gu, ' ')
    .replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,5}));/giu, (whole, decimal, hex, name) =>
      entity({ whole, decimal, hex, name }),
    )
    .split('\n')
    .map((line) => line.replaceAll(/\s+/gu, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

const longestPage = 200_000;

interface Entity {
  readonly whole: string;
  readonly decimal: string | undefined;
  readonly hex: string | undefined;
  readonly name: string | undefined;
}

function entity({ whole, decimal, hex, name }: Entity): string {
  if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code > 0 && code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
}
