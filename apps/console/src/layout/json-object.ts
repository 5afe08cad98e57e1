import { MeshError } from '@devmesh/api';

/** Reads a JSON object that a person typed; blank is an empty object. Throws `invalid_request` with the reason. */
export function parseJsonObject(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MeshError('invalid_request', 'This must be a JSON object: it begins with { and ends with }.');
  }
  return value as Record<string, unknown>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MeshError('invalid_request', `This is not valid JSON: ${reason}.`, { cause: error });
  }
}

/** JSON laid out for reading; text that is not JSON is left as it is. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
