/** Patterns come from documents of strangers: one that backtracks without end would stop the whole process. */
const longestPattern = 500;
const longestTested = 256;
const mostQuantifiers = 2;

/**
 * The engine that judges `pattern`: patterns that cannot backtrack far (at most two quantifiers, none on a group, no
 * back-reference) on short texts. All else passes here and is left to the service.
 */
export function guardedPattern(pattern: string, flags: string): GuardedPattern {
  // ajv tells patterns apart by their text.
  const toString = (): string => `/${pattern}/${flags}`;
  if (!isCheap(pattern)) return { test: () => true, toString };
  const expression = new RegExp(pattern, flags);
  return { test: (text) => text.length > longestTested || expression.test(text), toString };
}

interface GuardedPattern {
  test(text: string): boolean;
  toString(): string;
}

/** Whether no text of bounded length can make the pattern slow. */
export function isCheap(pattern: string): boolean {
  if (pattern.length > longestPattern || /\\[1-9k]/u.test(pattern)) return false;
  // What stands escaped or in a class is one character and no quantifier.
  const bare = pattern.replaceAll(/\\./gsu, 'a').replaceAll(/\[[^\]]*\]/gsu, 'a');
  // The mark behind `(` names the kind of group.
  const plain = bare.replaceAll(/\(\?(?:[:=!]|<[=!]|<[^>]*>)/gu, '(');
  if (/\)[*+?{]/u.test(plain)) return false;
  return [...plain.matchAll(/[*+?]|\{\d+,?\d*\}/gu)].length <= mostQuantifiers;
}
