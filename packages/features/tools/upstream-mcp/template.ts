/**
 * Whether an address could come from a template (RFC 6570). What expressions stand for is not looked into: it tells whose an address
 * is, and the server decides what it means. Takes time in proportion to both, whatever a server writes.
 */
export function fitsTemplate(template: string, uri: string): boolean {
  const [first = '', ...rest] = literalsOf(template);
  if (rest.length === 0) return uri === first;
  const last = rest.pop() ?? '';
  if (!uri.startsWith(first) || !uri.endsWith(last)) return false;
  let from = first.length;
  for (const literal of rest) {
    const at = uri.indexOf(literal, from);
    if (at === -1) return false;
    from = at + literal.length;
  }
  return from <= uri.length - last.length;
}

/** The texts between the expressions. */
function literalsOf(template: string): string[] {
  const literals: string[] = [];
  let from = 0;
  for (;;) {
    const open = template.indexOf('{', from);
    const close = open === -1 ? -1 : template.indexOf('}', open);
    if (close === -1) return [...literals, template.slice(from)];
    literals.push(template.slice(from, open));
    from = close + 1;
  }
}
