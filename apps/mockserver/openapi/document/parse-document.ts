import { parse as parseYaml } from 'yaml';
import { problem } from '../../problem.ts';
import { isRecord, type Loose } from './loose.ts';

/** How a document writes schemas and parameters. */
export type Dialect = 'swagger' | '3.0' | '3.1';

/** A document as it was written, and the dialect to read it in. */
export interface ParsedDocument {
  readonly root: Loose;
  readonly dialect: Dialect;
}

/** Aliases that one YAML document may expand to; more would be an attack on the memory. */
const maximumAliases = 10_000;

/** Parses JSON or YAML; throws a 400 that says what is wrong. */
export function parseDocument(text: string): ParsedDocument {
  const root = parsed(text.replace(/^\uFEFF/u, ''));
  if (!isRecord(root)) throw problem(400, 'Send an OpenAPI document: JSON or YAML with an object at its root.');
  return { root, dialect: dialectOf(root) };
}

function parsed(text: string): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // YAML also writes objects in braces; its parser decides.
    }
  }
  try {
    return parseYaml(text, { maxAliasCount: maximumAliases, merge: true, uniqueKeys: false, logLevel: 'silent' });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    throw problem(400, `The document is neither JSON nor YAML: ${reason.slice(0, 200)}`);
  }
}

function dialectOf(root: Loose): Dialect {
  const swagger = root['swagger'];
  if (swagger === 2 || (typeof swagger === 'string' && /^2(?:\.|$)/u.test(swagger))) return 'swagger';
  const declared = root['openapi'];
  const version = typeof declared === 'string' || typeof declared === 'number' ? String(declared) : '';
  if (/^3\.0(?:\.|$)/u.test(version) || version === '3') return '3.0';
  if (/^3\.[12](?:\.|$)/u.test(version)) return '3.1';
  throw problem(400, 'Say `swagger: "2.0"` or `openapi: 3.0` to `3.2`; no other documents are served.');
}
