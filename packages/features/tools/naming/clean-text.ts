// Control characters but tab and line feed, bidirectional marks, characters without width, tags, and halves of surrogate pairs:
// what a person does not see and a model still reads.
const hidden =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- exactly what may not pass
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]|\p{Cs}/gu;

/** The text without what is read and not seen; separators of lines and paragraphs become line feeds. */
export function visible(text: string): string {
  return text.replaceAll(/\r\n?|[\u0085\u2028\u2029]/gu, '\n').replaceAll(hidden, '');
}

/** The text on one line, its visible part only. */
export function oneLine(text: string): string {
  return visible(text).replaceAll(/\s+/gu, ' ').trim();
}

/** The text cut to a length, at a word where one ends near, and marked as cut. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Never half of a surrogate pair.
  const cut = text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/u, '');
  const word = cut.search(/\s\S*$/u);
  return `${(word > longest * 0.8 ? cut.slice(0, word) : cut).trimEnd()}…`;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

// Only tags that HTML has: `<token>` is a word of its author.
const markup =
  /<\/?(?:a|abbr|b|blockquote|body|br|caption|center|code|col|colgroup|dd|del|details|div|dl|dt|em|font|h[1-6]|hr|html|i|iframe|img|ins|kbd|li|mark|ol|p|pre|q|s|samp|section|small|span|strike|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var)(?:\s[^<>]{0,2000})?\/?>/giu;

/** What Markdown and HTML say, without their marks: a model reads the words, and the marks cost it tokens. */
export function condensed(text: string): string {
  return visible(text)
    .replaceAll(/<!--[\s\S]{0,20000}?-->/gu, ' ')
    .replaceAll(/<(script|style)\b[^>]{0,2000}>[\s\S]{0,20000}?<\/\1>/giu, ' ')
    .replaceAll(/<(?:br|\/p|\/li|\/h[1-6]|\/tr|\/div)\b[^<>]{0,500}>/giu, '\n')
    .replaceAll(/<li\b[^<>]{0,500}>/giu, '\n- ')
    .replaceAll(markup, '')
    .replaceAll(/&(amp|lt|gt|quot|apos|nbsp);/gu, (whole, name: string) => entities[name] ?? whole)
    .replaceAll(/!\[([^\][]{0,300})\]\([^()\s]{0,2000}(?:\s"[^"]{0,300}")?\)/gu, '$1')
    .replaceAll(/\[([^\][]{1,300})\]\([^()]{0,2000}\)/gu, '$1')
    .replaceAll(/^[ \t]{0,3}#{1,6}[ \t]+/gmu, '')
    .replaceAll(/^[ \t]{0,3}>[ \t]?/gmu, '')
    .replaceAll(/^[ \t]*(?:[-*_][ \t]*){3,}$/gmu, '')
    .replaceAll(/\*\*(?=\S)([^\n]{1,500}?)\*\*/gu, '$1')
    .replaceAll(/^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[ \t]*:?-*:?[ \t]*\|?[ \t]*$/gmu, '')
    .replaceAll(/[ \t]+/gu, ' ')
    .replaceAll(/ ?\n ?/gu, '\n')
    .replaceAll(/\n{3,}/gu, '\n\n')
    .trim();
}
