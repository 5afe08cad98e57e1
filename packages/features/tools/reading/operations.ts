import { readAnswer, type ApiAnswer } from './answers.ts';
import { isObject, listOf, objectOf, own, textOf, type Loose } from './json-value.ts';
import { readParameters, type ApiParameter } from './parameters.ts';
import type { References } from './references.ts';
import { createRemarks, type Remark, type Remarks } from './remarks.ts';
import { readBody, type ApiBody } from './request-body.ts';
import { readSecurity, type Security } from './security.ts';
import { serverAddress, type ServerContext } from './servers.ts';

/** An operation of the document that can be called. */
export interface ApiOperation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string | undefined;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly deprecated: boolean;
  readonly tags: readonly string[];
  readonly parameters: readonly ApiParameter[];
  readonly body: ApiBody | undefined;
  readonly answer: ApiAnswer;
  readonly security: Security;
  /** Where it is called when that is not the server of the document. */
  readonly server: string | undefined;
  /** What was noted while it was read. */
  readonly remarks: Remarks;
}

interface Listing {
  readonly operations: readonly ApiOperation[];
  readonly skipped: readonly Remark[];
}

interface ListingOptions {
  readonly document: Loose;
  readonly references: References;
  readonly servers: ServerContext;
}

const verbs = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const;

/** Every operation of the document: those that can be called, and the others with the reason. */
export function listOperations(options: ListingOptions): Listing {
  const operations: ApiOperation[] = [];
  const skipped: Remark[] = [];
  for (const [path, item] of Object.entries(objectOf(options.document['paths']))) {
    const pathItem = readPathItem(options.references, item);
    if (pathItem === undefined) {
      if (!path.startsWith('x-')) skipped.push(unresolved(options.references, path, item));
      continue;
    }
    for (const [method, operation] of operationsOf(pathItem)) {
      const place = { path, method, pathItem, operation };
      const skip = skipOf(place);
      if (skip === undefined) operations.push(readOperation(options, place));
      else skipped.push(skip);
    }
  }
  return { operations, skipped };
}

/** A path item with what its reference leads to; what stands beside the reference wins. */
function readPathItem(references: References, item: unknown): Loose | undefined {
  const found = references.object(item);
  if (!isObject(item) || typeof item['$ref'] !== 'string') return found;
  const { $ref: _reference, ...beside } = item;
  if (found === undefined && operationsOf(beside).length === 0) return undefined;
  return { ...found, ...beside };
}

function unresolved(references: References, path: string, item: unknown): Remark {
  const problem = isObject(item) ? references.problemOf(item) : 'it is no object';
  return { method: '*', path, code: 'path_item_unresolved', reason: `its path item cannot be read: ${problem}` };
}

/** The operations of a path item by method; of two that are spelled differently only the first counts. */
function operationsOf(pathItem: Loose): readonly (readonly [string, Loose])[] {
  const spelled = new Map(Object.keys(pathItem).map((key) => [key.toLowerCase(), key]));
  const named = verbs.map((verb): readonly [string, unknown] => [verb, own(pathItem, spelled.get(verb) ?? verb)]);
  const found = new Map<string, Loose>();
  // OpenAPI 3.2 keeps other methods apart.
  for (const [method, operation] of [...named, ...Object.entries(objectOf(pathItem['additionalOperations']))]) {
    const name = method.toUpperCase();
    if (isObject(operation) && !found.has(name)) found.set(name, operation);
  }
  return [...found];
}

interface Place {
  readonly path: string;
  readonly method: string;
  readonly pathItem: Loose;
  readonly operation: Loose;
}

function skipOf({ path, method }: Place): Remark | undefined {
  if (path.startsWith('x-')) {
    return { method, path, code: 'extension', reason: 'it stands in an extension of the document, which is no path' };
  }
  if (/^[A-Z][A-Z0-9_-]{0,29}$/u.test(method) && method !== 'TRACE' && method !== 'CONNECT') return undefined;
  const shown = method.slice(0, 30);
  return { method: shown, path, code: 'method_never_sent', reason: `the method ${shown} is never sent` };
}

function readOperation({ document, references, servers }: ListingOptions, place: Place): ApiOperation {
  const { path, method, pathItem, operation } = place;
  const remarks = createRemarks();
  return {
    method,
    path,
    operationId: textOf(operation['operationId']),
    summary: textOf(operation['summary']) ?? textOf(pathItem['summary']),
    description: textOf(operation['description']) ?? textOf(pathItem['description']),
    deprecated: operation['deprecated'] === true,
    tags: tagsOf(operation),
    parameters: readParameters(references, place, remarks),
    body: readBody(references, operation, remarks),
    answer: readAnswer(references, operation),
    security: readSecurity({ document, operation, references }),
    server: serverAddress(operation['servers'], servers) ?? serverAddress(pathItem['servers'], servers),
    remarks,
  };
}

const mostTags = 20;
const longestTag = 100;

function tagsOf(operation: Loose): readonly string[] {
  const named = listOf(operation['tags']).map(textOf);
  const tags = named.filter((tag): tag is string => tag !== undefined && tag.length <= longestTag);
  return [...new Set(tags)].slice(0, mostTags);
}
