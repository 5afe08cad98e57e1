import { MeshError } from '@devmesh/foundation';
import { isObject } from '../reading/json-value.ts';
import type { JsonSchema } from '../schema/json-schema.ts';

/** A file as a call sends it. */
export interface FileArgument {
  readonly bytes: Uint8Array;
  readonly fileName?: string;
  /** As the caller names it. */
  readonly mediaType?: string;
  /** Whether it was given as text. */
  readonly text: boolean;
}

/** The schema of an argument that is a file: its text, or an object with its bytes in base64. */
export function fileSchema(description = 'A file.'): JsonSchema {
  return {
    description,
    anyOf: [
      { type: 'string', description: 'The content as text.' },
      {
        type: 'object',
        required: ['base64'],
        additionalProperties: false,
        properties: {
          base64: { type: 'string', contentEncoding: 'base64', description: 'The content in base64.' },
          fileName: { type: 'string' },
          mediaType: { type: 'string', pattern: '^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$' },
        },
      },
    ],
  };
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/u;
const mediaType = /^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+(?:; ?[A-Za-z0-9_-]+=[A-Za-z0-9_.+-]+)*$/u;
const longestFileName = 255;

/** Reads a file argument. Throws `invalid_request` at `path`, the place of the argument, for what is none. */
export function parseFile(value: unknown, path: string): FileArgument {
  if (typeof value === 'string') return { bytes: Buffer.from(value, 'utf8'), text: true };
  if (!isObject(value)) throw refused(path, 'must be the text of the file, or an object with its bytes as "base64"');
  return {
    bytes: decoded(value['base64'], path),
    text: false,
    ...nameOf(value['fileName'], path),
    ...typeOf(value['mediaType'], path),
  };
}

function decoded(given: unknown, path: string): Uint8Array {
  if (typeof given !== 'string') throw refused(`${path}.base64`, 'is required and must be the content in base64');
  const text = given.replaceAll(/\s/gu, '');
  // Judged first: looking for the end of a long row of "=" in what is no base64 takes the square of its length.
  const bare = base64.test(text) ? text.replace(/=+$/u, '') : undefined;
  if (bare === undefined || bare.length % 4 === 1) throw refused(`${path}.base64`, 'is not base64');
  return Buffer.from(bare, 'base64');
}

function nameOf(given: unknown, path: string): { readonly fileName?: string } {
  if (given === undefined) return {};
  if (typeof given !== 'string') throw refused(`${path}.fileName`, 'must be a string');
  if (given.length > longestFileName) {
    throw refused(`${path}.fileName`, `must not be longer than ${String(longestFileName)} characters`);
  }
  return { fileName: given };
}

function typeOf(given: unknown, path: string): { readonly mediaType?: string } {
  if (given === undefined) return {};
  if (typeof given === 'string' && given.length <= 200 && mediaType.test(given)) return { mediaType: given };
  throw refused(`${path}.mediaType`, 'must be a media type, e.g. image/png');
}

function refused(path: string, message: string): MeshError {
  return new MeshError('invalid_request', `The argument ${path} ${message}.`, {
    issues: [{ path: `body.arguments.${path}`, message }],
  });
}
