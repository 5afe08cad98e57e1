const longestTitle = 200;
const longestText = 4_000;

/**
 * A notice as it can be stored: cut to its limits, and without the characters that PostgreSQL cannot hold. What it
 * tells about came from outside, and a notice that cannot be stored must not hold up the work that gives it.
 */
export function fitNotice({ title, text }: { readonly title: string; readonly text: string }) {
  const heading = cut(storable(title).trim(), longestTitle);
  return { title: heading === '' ? 'Notice' : heading, text: cut(storable(text), longestText) };
}

function storable(text: string): string {
  return text.replaceAll('\u0000', '').replaceAll(/\p{Surrogate}/gu, '');
}

/** By characters, as the database counts them: a pair of surrogates is one. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const characters = Array.from(text);
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}
