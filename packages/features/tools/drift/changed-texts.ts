import { canonicalJson } from '@devmesh/foundation';
import type { JsonSchema } from '../schema/json-schema.ts';

/** What of a schema a model reads and nothing checks; where a reference leads is a text too, for there are others behind it. */
const texts = ['title', 'description', '$comment', 'default', 'examples', 'example', 'deprecated', '$ref'] as const;
const byName: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);
const values: ReadonlySet<string> = new Set([...texts, 'enum', 'const', 'required', 'dependentRequired', 'type']);

/** Where texts changed of what is in both schemas. */
export function changedTexts(before: JsonSchema, after: JsonSchema): readonly string[] {
  const old = collect(before);
  const now = collect(after);
  return [...old].filter(([path, said]) => now.has(path) && now.get(path) !== said).map(([path]) => path);
}

/** What each schema within a schema says, by its place. */
function collect(schema: JsonSchema): ReadonlyMap<string, string> {
  const said = new Map<string, string>();
  const open: (readonly [string, unknown])[] = [['', schema]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, node] = next;
    if (!isObject(node)) continue;
    if (!Array.isArray(node)) said.set(path, canonicalJson(texts.map((name) => node[name] ?? null)));
    open.push(...Object.entries(node).flatMap(([keyword, value]) => below(path, keyword, value)));
  }
  return said;
}

function below(path: string, keyword: string, value: unknown): readonly (readonly [string, unknown])[] {
  if (values.has(keyword) || !isObject(value)) return [];
  const place = join(path, keyword);
  if (!byName.has(keyword) && !Array.isArray(value)) return [[place, value]];
  return Object.entries(value).map(([name, schema]) => [join(place, name), schema] as const);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function join(path: string, part: string): string {
  return path === '' ? part : `${path}.${part}`;
}
