import { Script, createContext } from 'node:vm';

/** Milliseconds, the longer ones for when the machine was busy with something else. */
const patience = [50, 500] as const;
const longestPattern = 2_000;

/** A pattern of a document: what it is tested with, and its text. */
interface BoundedPattern {
  test(text: string): boolean;
  /** The pattern itself: the compiler of schemas tells patterns apart by it. */
  toString(): string;
}

/**
 * A regular expression that gives up: a pattern and a text that would backtrack for minutes are answered with no match.
 * A pattern that is no regular expression matches everything, since nobody can tell what it means.
 */
export function boundedPattern(source: string): BoundedPattern {
  const pattern = compile(source);
  const toString = (): string => source;
  if (pattern === undefined) return { toString, test: () => true };
  if (!mayBacktrack(source)) return { toString, test: (text) => pattern.test(text) };
  const context = createContext({ pattern, text: '' });
  const script = new Script('pattern.test(text)');
  return {
    toString,
    test: (text) => {
      context['text'] = text;
      for (const timeout of patience) {
        try {
          return script.runInContext(context, { timeout }) === true;
        } catch {
          // It may have waited for its turn; the last time was long enough.
        }
      }
      return false;
    },
  };
}

/** The regular expression, as JSON Schema reads patterns and else as JavaScript does; undefined where it is none. */
export function compile(source: string): RegExp | undefined {
  if (source.length > longestPattern) return undefined;
  for (const flags of ['u', '']) {
    try {
      return new RegExp(source, flags);
    } catch {
      // The other reading may still succeed.
    }
  }
  return undefined;
}

/** One repetition at most cannot take longer than the square of the text. */
function mayBacktrack(source: string): boolean {
  return (source.match(/[*+]|\{\d+,/gu) ?? []).length > 1;
}
