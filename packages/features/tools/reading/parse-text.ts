import { MeshError } from '@devmesh/foundation';
import { parse as parseYaml } from 'yaml';
import { isObject, type Loose } from './json-value.ts';

/** Aliases that one YAML document may expand to; more is an attack ("billion laughs"), not a document. */
const maximumAliases = 10_000;

/** Parses JSON or YAML with an object at its root; throws `broken_document` that says where it breaks. */
export function parseText(text: string): Loose {
  const trimmed = text.replace(/^\uFEFF/u, '').trim();
  if (trimmed === '') throw new MeshError('broken_document', 'The document is empty.');
  const document = trimmed.startsWith('{') ? parseJsonOrYaml(trimmed) : parseAsYaml(trimmed);
  if (isObject(document)) return document;
  const kind = trimmed.startsWith('<') ? 'It looks like an HTML or XML page.' : 'Its root is not an object.';
  throw new MeshError('broken_document', `The document is neither JSON nor YAML of an OpenAPI description. ${kind}`);
}

/** Parses JSON or YAML of any kind; throws `broken_document` for what is neither. */
export function parseValue(text: string): unknown {
  const trimmed = text.replace(/^\uFEFF/u, '').trim();
  return /^[{[]/u.test(trimmed) ? parseJsonOrYaml(trimmed) : parseAsYaml(trimmed);
}

function parseJsonOrYaml(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    try {
      return parseAsYaml(text);
    } catch {
      // It began like JSON, so what JSON says about it is what helps.
      throw new MeshError('broken_document', `The document is not valid JSON: ${reasonOf(error)}.`, { cause: error });
    }
  }
}

function parseAsYaml(text: string): unknown {
  try {
    return parseYaml(text, {
      maxAliasCount: maximumAliases,
      merge: true,
      uniqueKeys: false,
      strict: false,
      logLevel: 'error',
    }) as unknown;
  } catch (error) {
    throw new MeshError('broken_document', `The document is not valid YAML: ${reasonOf(error)}.`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : 'it cannot be parsed';
  const firstLine = message.split('\n', 1)[0] ?? '';
  return firstLine.replace(/[.:]\s*$/u, '').slice(0, 200);
}
