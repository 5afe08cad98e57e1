import { isUtf8 } from 'node:buffer';
import { MeshError } from '@devmesh/foundation';
import type { RequestMessage } from '../message.ts';
import { declaredVersion } from '../stateless/request-meta.ts';

const base64 = /^=\?base64\?(.*)\?=$/u;
const parameterPrefix = 'mcp-param-';

/** Methods whose `Mcp-Name` is required, and the parameter that it repeats. */
const named: ReadonlyMap<string, 'name' | 'uri'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/**
 * Throws `header_mismatch` unless the headers that repeat parts of the body are there and say the same (MCP 2026-07-28,
 * Server Validation). A body without a version is left to the check of its `_meta`.
 */
export function checkStatelessHeaders({ headers }: Request, { method, params }: RequestMessage): void {
  const version = declaredVersion(params);
  if (version !== undefined) requireSame('MCP-Protocol-Version', headers.get('mcp-protocol-version'), version);
  requireSame('Mcp-Method', headers.get('mcp-method'), method);
  const source = named.get(method);
  const value = source === undefined ? undefined : params[source];
  if (typeof value === 'string') requireSame('Mcp-Name', decoded('Mcp-Name', headers.get('mcp-name')), value);
}

function requireSame(name: string, header: string | null, value: string): void {
  if (header === null) throw new MeshError('header_mismatch', `The header ${name} is missing.`);
  if (header !== value) throw new MeshError('header_mismatch', `The header ${name} says something else than the body.`);
}

function decoded(name: string, header: string | null): string | null {
  if (header === null) return null;
  const value = decodeValue(header);
  if (value === null)
    throw new MeshError('header_mismatch', `The header ${name} is neither plain text nor Base64 of UTF-8.`);
  return value;
}

/** What the `Mcp-Param-…` headers say, by what follows in lower case; null where one cannot be read (Value Encoding). */
export function mirroredIn({ headers }: Request): Record<string, string | null> {
  return Object.fromEntries(
    [...headers]
      .filter(([name]) => name.startsWith(parameterPrefix))
      .map(([name, value]) => [name.slice(parameterPrefix.length), decodeValue(value)]),
  );
}

function decodeValue(header: string): string | null {
  const [, encoded] = base64.exec(header) ?? [];
  if (encoded === undefined) return /^[\t\u0020-\u007E]*$/u.test(header) ? header : null;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded && isUtf8(bytes) ? bytes.toString() : null;
}
