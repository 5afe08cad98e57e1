import { MeshError } from '@devmesh/foundation';

/** Fills `{path.in.payload}`; throws where the payload has no plain value under that path. */
export function fill(template: string, payload: Readonly<Record<string, unknown>>, longest: number): string {
  const text = template.replaceAll(/\{([\w.-]+)\}/gu, (_match, path: string) => {
    const value = path.split('.').reduce(step, payload);
    if (typeof value === 'string') return storable(value);
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new MeshError('invalid_request', `The rule names {${path}}, which the payload does not have.`);
  });
  return text.length <= longest ? text : `${storable(text.slice(0, longest - 1))}…`;
}

function step(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** Without what JSON allows in a text and the database does not. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '').replaceAll(/\p{Surrogate}/gu, '');
}
