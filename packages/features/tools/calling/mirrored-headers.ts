import { MeshError } from '@devmesh/foundation';
import { isObject } from '../reading/json-value.ts';
import type { JsonSchema } from '../schema/json-schema.ts';

/**
 * What a caller repeated of the arguments in headers, by the name that follows `Mcp-Param-` in lower case and decoded; null where a value
 * could not be read.
 */
export type MirroredHeaders = Readonly<Record<string, string | null>>;

/** An argument that callers over HTTP repeat in a header (MCP 2026-07-28, Custom Headers from Tool Parameters). */
interface Mirrored {
  readonly path: readonly string[];
  /** What follows `Mcp-Param-`. */
  readonly header: string;
}

const keyword = 'x-mcp-header';
const token = /^[!#$%&'*+\-.^_`|~\dA-Za-z]{1,200}$/u;
const plainTypes: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);

/** Keywords whose schemas are reached by no chain of `properties`, and how these lie in them. */
const beside = ['items', 'contains', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems'];
const besideToo = ['propertyNames', 'not', 'if', 'then', 'else', 'prefixItems', 'oneOf', 'anyOf', 'allOf'];
const unreachable = [...beside, ...besideToo];
const unreachableByName = ['patternProperties', 'dependentSchemas', '$defs', 'definitions'];

/** Why clients have to leave out a tool with this input schema; undefined where they need not. */
export function wrongMirroring(schema: JsonSchema): string | undefined {
  const found = scan(schema);
  return typeof found === 'string' ? found : undefined;
}

const known = new WeakMap<JsonSchema, readonly Mirrored[]>();

/** Throws `header_mismatch` where a header says something else than its argument, or one of them is missing. */
export function checkMirrored(
  schema: JsonSchema,
  values: Readonly<Record<string, unknown>>,
  headers: MirroredHeaders,
): void {
  for (const { path, header } of mirroredIn(schema)) {
    const value = valueAt(values, path);
    const said = headers[header.toLowerCase()];
    if (saysSame(said, value)) continue;
    const name = `Mcp-Param-${header}`;
    const argument = path.join('.');
    const sentence =
      said === undefined
        ? `The header ${name} is missing: it repeats the argument ${argument}.`
        : `The header ${name} says something else than the argument ${argument}.`;
    throw new MeshError('header_mismatch', sentence);
  }
}

function mirroredIn(schema: JsonSchema): readonly Mirrored[] {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const found = scan(schema);
  // Clients leave such a tool out, so that nobody repeats anything of it.
  const mirrored = typeof found === 'string' ? [] : found;
  known.set(schema, mirrored);
  return mirrored;
}

function saysSame(said: string | null | undefined, value: unknown): boolean {
  if (value === undefined || value === null) return said === undefined;
  if (typeof said !== 'string') return false;
  if (typeof value === 'number') return /^-?\d+(?:\.\d+)?$/u.test(said) && Number(said) === value;
  return (typeof value === 'string' || typeof value === 'boolean') && said === String(value);
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    values,
  );
}

interface Place {
  readonly path: readonly string[];
  readonly reachable: boolean;
}

/** All that the schema wants repeated, or what is wrong with it. */
function scan(schema: JsonSchema): readonly Mirrored[] | string {
  const found: Mirrored[] = [];
  const names = new Set<string>();
  const visit = (node: unknown, { path, reachable }: Place): string | undefined => {
    if (!isObject(node)) return undefined;
    if (Object.hasOwn(node, keyword)) {
      const wrong = wrongAt(node, reachable && path.length > 0, names);
      if (wrong !== undefined) return `wants ${path.join('.') || 'itself'} in a header, but ${wrong}`;
      found.push({ path, header: String(node[keyword]) });
    }
    return firstFault([
      ...namedIn(node['properties']).map(
        ([key, part]) =>
          () =>
            visit(part, { path: [...path, key], reachable }),
      ),
      ...otherSchemasIn(node).map((part) => () => visit(part, { path, reachable: false })),
    ]);
  };
  return visit(schema, { path: [], reachable: true }) ?? found;
}

function firstFault(visits: readonly (() => string | undefined)[]): string | undefined {
  for (const visit of visits) {
    const fault = visit();
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Notes the name of the header where nothing is wrong with it. */
function wrongAt(node: Readonly<Record<string, unknown>>, reachable: boolean, names: Set<string>): string | undefined {
  const header = node[keyword];
  if (!reachable) return 'only properties of properties can be';
  if (typeof header !== 'string' || !token.test(header)) return 'its x-mcp-header is no name of a header';
  if (!plainTypes.has(node['type'])) return 'only strings, integers and booleans can be';
  if (names.has(header.toLowerCase())) return `another argument already has the header ${header}`;
  names.add(header.toLowerCase());
  return undefined;
}

function namedIn(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

function otherSchemasIn(node: Readonly<Record<string, unknown>>): readonly unknown[] {
  const plain = unreachable.flatMap((word) => (Array.isArray(node[word]) ? (node[word] as unknown[]) : [node[word]]));
  return [...plain, ...unreachableByName.flatMap((word) => namedIn(node[word]).map(([, part]) => part))];
}
