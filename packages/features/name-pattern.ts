/**
 * Whether the name of a tool fits a pattern, in which `*` stands for anything. Names of the platform's own tools fit in
 * either spelling, with dots or with underscores.
 */
export function matchesName(pattern: string, name: string): boolean {
  return fits(pattern, name) || (name.includes('.') && fits(pattern, name.replaceAll('.', '_')));
}

/** Takes each part of the pattern at its first place, so it never goes back: linear in the name for each part. */
function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
