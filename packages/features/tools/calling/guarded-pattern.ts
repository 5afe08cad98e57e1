import { RE2JS } from 're2js';

/** Patterns come from documents of strangers: one that backtracks without end would stop the whole process. */
const longestPattern = 2_000;
const longestTested = 10_000;

/** A pattern as ajv takes one. */
export interface GuardedPattern {
  test(text: string): boolean;
  toString(): string;
}

/**
 * The engine that judges `pattern`: RE2, whose time grows with the text alone. What RE2 does not know (looking ahead or
 * behind, back-references) runs only where it cannot backtrack far. All else passes here and is left to the service.
 */
export function guardedPattern(pattern: string, flags: string): GuardedPattern {
  let compiled: Judge | undefined;
  return {
    // Compiled when first needed: most patterns of a large schema never are.
    test: (text) => text.length > longestTested || (compiled ??= compile(pattern, flags))(text),
    // ajv tells patterns apart by their text.
    toString: () => `/${pattern}/${flags}`,
  };
}

type Judge = (text: string) => boolean;

function compile(pattern: string, flags: string): Judge {
  if (pattern.length > longestPattern) return passes;
  return linear(pattern) ?? shortAndCheap(pattern, flags) ?? passes;
}

function passes(): boolean {
  return true;
}

function linear(pattern: string): Judge | undefined {
  try {
    const expression = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return (text) => expression.test(text);
  } catch {
    // Not of RE2's language; the other engine may know it.
    return undefined;
  }
}

const longestTextOfCheap = 256;
const mostQuantifiers = 2;

function shortAndCheap(pattern: string, flags: string): Judge | undefined {
  if (!isCheap(pattern)) return undefined;
  try {
    const expression = new RegExp(pattern, flags);
    return (text) => text.length > longestTextOfCheap || expression.test(text);
  } catch {
    // No pattern at all: the service knows what it meant.
    return undefined;
  }
}

const longestCheap = 500;

/** Whether no text of bounded length can make the pattern slow: at most two quantifiers, none on a group, no back-reference. */
export function isCheap(pattern: string): boolean {
  if (pattern.length > longestCheap || /\\[1-9k]/u.test(pattern)) return false;
  // What stands escaped or in a class is one character and no quantifier.
  const bare = pattern.replaceAll(/\\./gsu, 'a').replaceAll(/\[[^\]]*\]/gsu, 'a');
  // The mark behind `(` names the kind of group.
  const plain = bare.replaceAll(/\(\?(?:[:=!]|<[=!]|<[^>]*>)/gu, '(');
  if (/\)[*+?{]/u.test(plain)) return false;
  return [...plain.matchAll(/[*+?]|\{\d+,?\d*\}/gu)].length <= mostQuantifiers;
}
