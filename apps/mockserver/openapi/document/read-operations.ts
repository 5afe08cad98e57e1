import { isRecord, member, recordOf, stringOf, stringsOf, type Loose } from './loose.ts';
import type { Operation } from './operation.ts';
import type { ParsedDocument } from './parse-document.ts';
import { Unservable, type Parts, type Source } from './parts.ts';
import { createPointers } from './pointers.ts';
import { readOpenApiParts } from './read-openapi.ts';
import { readSecurity } from './read-security.ts';
import { readSwaggerParts } from './read-swagger.ts';

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const;

/** Every operation of a document; those that are broken with the reason, so that the others can be served. */
export function readOperations(document: ParsedDocument): readonly Operation[] {
  const { root } = document;
  const pointers = createPointers(root);
  return Object.entries(recordOf(root['paths'])).flatMap(([path, item]) => {
    if (path.startsWith('x-')) return [];
    const pathItem = pointers.record(item);
    if (pathItem === undefined) return [unread(path)];
    return operationsOf(pathItem).map(([method, operation]) =>
      readOperation(document, { root, pointers, pathItem, operation }, { method, path }),
    );
  });
}

function unread(path: string): Operation {
  return { ...empty, method: '*', path, broken: 'its path item is missing or outside of the document' };
}

const empty = { summary: '', parameters: [], body: undefined, security: [], answers: [], broken: undefined } as const;

function operationsOf(pathItem: Loose): readonly (readonly [string, Loose])[] {
  const plain = methods.map((method) => [method.toUpperCase(), member(pathItem, method)] as const);
  const more = Object.entries(recordOf(pathItem['additionalOperations']));
  return [...plain, ...more].flatMap(([method, value]) => (isRecord(value) ? [[method, value] as const] : []));
}

function readOperation(
  { dialect }: ParsedDocument,
  source: Source,
  at: { readonly method: string; readonly path: string },
): Operation {
  const { operation, pathItem } = source;
  const summary = stringOf(operation['summary']) ?? stringOf(pathItem['summary']) ?? stringsOf(operation['tags'])[0];
  const head = { ...at, summary: summary ?? '' };
  try {
    const parts = dialect === 'swagger' ? readSwaggerParts(source) : readOpenApiParts(source);
    const parameters = [...parts.parameters, ...undeclared(at.path, parts)];
    return { ...head, ...parts, parameters, security: readSecurity(source, dialect), broken: undefined };
  } catch (error) {
    if (error instanceof Unservable) return { ...empty, ...head, broken: error.message };
    throw error;
  }
}

/** Names in the path that no parameter declares hold any text. */
function undeclared(path: string, { parameters }: Parts): Parts['parameters'] {
  const declared = new Set(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name));
  const named = [...path.matchAll(/\{([^{}]+)\}/gu)].map((match) => match[1] ?? '');
  return [...new Set(named)]
    .filter((name) => !declared.has(name))
    .map((name) => ({
      name,
      in: 'path',
      required: true,
      allowEmpty: false,
      schema: { type: 'string' },
      writing: { style: 'simple', explode: false },
      mediaType: undefined,
    }));
}
