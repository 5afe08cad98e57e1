import { arrayOf, isRecord, recordOf, stringOf, type Loose } from './loose.ts';
import type { Scheme } from './operation.ts';
import type { Dialect } from './parse-document.ts';
import type { Source } from './parts.ts';

/** The alternatives of an operation; schemes that the document does not declare ask for nothing that could be checked. */
export function readSecurity({ root, operation, pointers }: Source, dialect: Dialect): readonly (readonly Scheme[])[] {
  const declared =
    dialect === 'swagger'
      ? recordOf(root['securityDefinitions'])
      : recordOf(recordOf(root['components'])['securitySchemes']);
  const written = arrayOf(operation['security'] ?? root['security']).filter(isRecord);
  return written.map((requirement) =>
    Object.keys(requirement).flatMap((name) => {
      const scheme = Object.hasOwn(declared, name) ? pointers.record(declared[name]) : undefined;
      return scheme === undefined ? [] : [readScheme(name, scheme)];
    }),
  );
}

function readScheme(name: string, scheme: Loose): Scheme {
  const type = stringOf(scheme['type']) ?? '';
  return {
    name,
    // Swagger 2 calls HTTP Basic a type of its own.
    type: type === 'basic' ? 'http' : type,
    in: stringOf(scheme['in']) ?? '',
    parameter: stringOf(scheme['name']) ?? '',
    http: type === 'basic' ? 'basic' : (stringOf(scheme['scheme']) ?? '').toLowerCase(),
  };
}
