import { maskSource } from './mask-source.ts';

/** One module that another one names. */
export interface Import {
  readonly specifier: string;
  /** `export * from`, with or without a name. */
  readonly star: boolean;
  /** The names taken, as their owner calls them. */
  readonly names: readonly string[];
}

// A clause holds names, braces, commas and a star, nothing else: that tells it from other uses of the words.
const statement = /(?<![.\w$])(import|export)\b([\w\s{},*$]*?)(?<![.\w$])from\s*"(\d+)"/g;
const bare = /(?<![.\w$])import\s*"(\d+)"/g;
const called = /(?<![.\w$])import\s*\(\s*"(\d+)"/g;

/** Every module that a TypeScript or JavaScript source imports, re-exports or loads by name. */
export function scanImports(text: string): readonly Import[] {
  const { code, strings } = maskSource(text);
  const named = (index: string | undefined): string => strings[Number(index)] ?? '';
  const statements = [...code.matchAll(statement)].map(([, word, clause = '', index]) => ({
    specifier: named(index),
    star: word === 'export' && clause.includes('*'),
    names: namesOf(clause),
  }));
  const loose = [...code.matchAll(bare), ...code.matchAll(called)].map(([, index]) => ({
    specifier: named(index),
    star: false,
    names: [],
  }));
  return [...statements, ...loose];
}

function namesOf(clause: string): readonly string[] {
  const inside = /\{([^}]*)\}/.exec(clause)?.[1] ?? '';
  return inside
    .split(',')
    .map(
      (part) =>
        part
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0] ?? '',
    )
    .filter((name) => name !== '');
}
