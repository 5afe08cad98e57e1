import type { Value } from './grammar.ts';

const revision = /^(?:[A-Za-z0-9_]|@(?=\{|$|[~^]))[A-Za-z0-9_./@{}^~+-]*$/u;
const name = /^[A-Za-z0-9_][A-Za-z0-9_.,:/@+=-]*$/u;
const packages = /^\.(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*(?:\/\.\.\.)?$/u;

interface Kind<One extends Value> {
  fits(text: string, value: One): boolean;
  must(value: One): string;
}

const kinds: { readonly [Name in Value['kind']]: Kind<Extract<Value, { kind: Name }>> } = {
  integer: {
    fits: (text, value) => isWithin(value, text),
    must: ({ minimum, maximum }) => `must be a whole number from ${String(minimum)} to ${String(maximum)}`,
  },
  choice: {
    fits: (text, { values }) => values.includes(text),
    must: ({ values }) => `must be one of ${values.join(', ')}`,
  },
  revision: {
    fits: (text) => revision.test(text) && text.length <= 256,
    must: () => 'must be a revision such as main, HEAD~2, v1.0..v1.1 or a hash',
  },
  name: {
    fits: (text) => name.test(text) && text.length <= 256,
    must: () => 'must be a name: letters, digits and . , : / @ + = _ -, not beginning with a dash',
  },
  packages: {
    fits: (text) => packages.test(text),
    must: () => 'must be packages below the working directory, such as ./... or ./server',
  },
  path: {
    fits: isPlainPath,
    must: () => 'must be a path within the jail: no .git, no leading dash or colon, and .. only at its beginning',
  },
  pattern: {
    fits: (text) => text !== '' && text.length <= 1_024,
    must: () => 'must be a pattern of at most 1,024 characters',
  },
};

/** The kind of a value, which takes just such values. */
function kindOf(value: Value): Kind<Value> {
  return kinds[value.kind];
}

/** Says why a text is no value of its kind; undefined where it is one. Whether a path leads out of the jail is asked of the jail. */
export function whyNot(value: Value, text: string): string | undefined {
  return kindOf(value).fits(text, value) ? undefined : describe(value);
}

/** Says what a value must be. */
export function describe(value: Value): string {
  return kindOf(value).must(value);
}

function isWithin({ minimum, maximum }: { minimum: number; maximum: number }, text: string): boolean {
  return /^\d{1,9}$/u.test(text) && Number(text) >= minimum && Number(text) <= maximum;
}

/** Behind a name `..` means what the name links to, which nobody sees in the text. */
function isPlainPath(text: string): boolean {
  if (text === '' || text.startsWith('-') || text.startsWith(':') || text.startsWith('~')) return false;
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  const named = parts.findIndex((part) => part !== '..');
  if (named !== -1 && parts.slice(named).includes('..')) return false;
  return !parts.some((part) => part.toLowerCase() === '.git');
}
