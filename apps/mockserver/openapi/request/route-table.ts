import type { Operation } from '../document/operation.ts';

/** An operation whose path fits, with the raw text of each name in the path. */
export interface Match {
  readonly operation: Operation;
  readonly values: ReadonlyMap<string, string>;
}

/** What answers a path. */
export interface Routing {
  /** Those of the most concrete path that answers the method; several where only a query or fragment tells them apart. */
  readonly matches: readonly Match[];
  /** The methods that the path answers. */
  readonly methods: readonly string[];
}

interface Route {
  readonly operation: Operation;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  /** The path with every name blanked: those that are equal cannot be told apart, the most concrete sort first. */
  readonly shape: string;
  readonly query: readonly string[];
}

/** Finds the operations that a raw, still encoded path leads to. */
export function createRouteTable(
  operations: readonly Operation[],
): (method: string, path: string, query: string) => Routing {
  const routes = operations
    .filter((operation) => operation.method !== '*')
    .map(routeOf)
    .toSorted((one, other) => (one.shape < other.shape ? -1 : one.shape > other.shape ? 1 : 0));
  return (method, path, query) => {
    const fitting = routes.flatMap((route) => {
      const found = route.pattern.exec(path);
      return found === null ? [] : [{ route, found }];
    });
    const given = new Set(query.replace(/^\?/u, '').split('&'));
    const answering = fitting.filter(
      ({ route }) => route.operation.method === method && route.query.every((pair) => given.has(pair)),
    );
    const shape = answering[0]?.route.shape;
    return {
      matches: answering.filter(({ route }) => route.shape === shape).map(({ route, found }) => matchOf(route, found)),
      methods: [...new Set(fitting.map(({ route }) => route.operation.method))],
    };
  };
}

function matchOf({ operation, names }: Route, found: RegExpExecArray): Match {
  return { operation, values: new Map(names.map((name, index) => [name, found[index + 1] ?? ''])) };
}

/** A letter that does not stand in a name between braces. */
function outside(letter: string): RegExp {
  return new RegExp(`${letter}(?![^{}]*\\})`, 'u');
}

function routeOf(operation: Operation): Route {
  // Some documents tell operations of one path apart by a query or fragment in the path.
  const [location = '', query = ''] = (operation.path.split(outside('#'), 1)[0] ?? '').split(outside('[?]'), 2);
  const path = location.startsWith('/') ? location : `/${location}`;
  const names: string[] = [];
  const pieces = path.split(/(\{[^{}]+\})/u).map((piece, index) => {
    if (index % 2 === 0) return literal(piece);
    names.push(piece.slice(1, -1));
    return '([^/]+)';
  });
  return {
    operation,
    names,
    pattern: new RegExp(`^${pieces.join('')}$`, 'u'),
    shape: path.split('/').map(rank).join('/'),
    query: query.split('&').filter((pair) => pair !== ''),
  };
}

/** Literal segments come before those with a name and some text, those before mere names. */
function rank(segment: string): string {
  const text = segment.replaceAll(/\{[^{}]+\}/gu, '{}');
  if (!text.includes('{}')) return `0${text}`;
  const letters = text.replaceAll('{}', '').length;
  return letters === 0 ? '2' : `1${String(9_999 - Math.min(letters, 9_999)).padStart(4, '0')}${text}`;
}

/** Literal text may arrive as it is written or percent-encoded. */
function literal(text: string): string {
  return Array.from(text, (letter) => {
    const plain = letter.replaceAll(/[$()*+./?[\\\]^{|}]/gu, '\\$&');
    if (/[\w./~-]/u.test(letter)) return plain;
    const encoded = Array.from(Buffer.from(letter), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    return `(?:${plain}|${encoded}|${encoded.toUpperCase()})`;
  }).join('');
}
