import { createHash } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import { nameTools } from '../naming/tool-names.ts';
import { descriptionOf, titleOf } from '../naming/tool-text.ts';
import { createDefinitions } from '../schema/definitions.ts';
import { buildInput } from '../schema/input-schema.ts';
import { annotationsOf } from './annotations.ts';
import { objectOf, scalarOf, textOf, type Loose } from './json-value.ts';
import { listOperations, type ApiOperation, type Remark } from './operations.ts';
import { parseText } from './parse-text.ts';
import type { DocumentRequest, ReadHead, ReadTool } from './reader-messages.ts';
import { createReferences } from './references.ts';
import { absolute, serverAddress } from './servers.ts';
import { storable } from './storable.ts';
import { upgradeSwagger } from './swagger.ts';

/** A document turned into tools; the tools are made one by one as they are asked for. */
export interface DocumentReading {
  readonly head: ReadHead;
  readonly tools: Generator<ReadTool, void, undefined>;
  /** Complete once all tools were taken. */
  readonly skipped: readonly Remark[];
  readonly loosened: readonly Remark[];
}

const longestTitle = 200;

/** Reads an OpenAPI document; throws `broken_document` with what is wrong where nothing can be made of it. */
export function readDocument(request: DocumentRequest): DocumentReading {
  const text = typeof request.text === 'string' ? request.text : new TextDecoder().decode(request.text);
  const { documentUrl } = request;
  const document = understood(parseText(text), documentUrl);
  const references = createReferences(document);
  const { operations, skipped } = listOperations({ document, references, documentUrl });
  if (operations.length + skipped.length === 0) {
    throw new MeshError('broken_document', 'The document has no paths, so there is nothing to call.');
  }
  const baseUrl = baseUrlOf(document, request);
  const info = objectOf(document['info']);
  const loosened: Remark[] = [];
  const names = nameTools(request.service, operations, new Set());
  const tools = (function* (): Generator<ReadTool, void, undefined> {
    const definitions = createDefinitions(references);
    for (const [index, operation] of operations.entries()) {
      const { schema, binding, remarks } = buildInput({ operation, references, definitions });
      const server = ownServer(operation, request, baseUrl);
      const noted = server === undefined ? remarks : [...remarks, ...strangerRemarks(server, baseUrl)];
      if (noted.length > 0) loosened.push({ ...placeOf(operation), reason: noted.join('; ') });
      yield {
        key: storable(`${operation.method} ${operation.path}`),
        name: names[index] ?? '',
        title: storable(titleOf(operation)),
        description: storable(descriptionOf(operation)),
        method: operation.method,
        path: storable(operation.path),
        server: server ?? null,
        inputSchema: JSON.stringify(storable(schema)),
        outputSchema: null,
        security: '[]',
        binding: JSON.stringify(storable(binding)),
        annotations: JSON.stringify(annotationsOf(operation.method)),
        tags: storable(operation.tags),
      };
    }
  })();
  return {
    head: {
      title: storable((textOf(info['title']) ?? request.service).slice(0, longestTitle)),
      version: storable(scalarOf(info['version']).slice(0, longestTitle)),
      baseUrl,
      sha256: createHash('sha256').update(request.text).digest('hex'),
    },
    tools,
    skipped: storable(skipped),
    loosened,
  };
}

/** The document in the terms of OpenAPI 3, whatever its version. */
function understood(document: Loose, documentUrl: string | undefined): Loose {
  const version = scalarOf(document['openapi'] ?? document['swagger']);
  if (/^3(?:\.|$)/u.test(version) && document['openapi'] !== undefined) return document;
  if (/^2(?:\.|$)/u.test(version)) return upgradeSwagger(document, documentUrl);
  const problem =
    version === ''
      ? 'It has no field `openapi`, so it is not an OpenAPI document'
      : `Its version is "${version.slice(0, 20)}"`;
  throw new MeshError('broken_document', `${problem}; OpenAPI 3.0 to 3.2 and Swagger 2.0 are understood.`);
}

function baseUrlOf(document: Loose, { baseUrl, documentUrl }: DocumentRequest): string {
  const declared = document['servers'];
  const none = !Array.isArray(declared) || declared.length === 0;
  const found =
    baseUrl === undefined ? serverAddress(none ? [{ url: '/' }] : declared, documentUrl) : absolute(baseUrl, undefined);
  if (found !== undefined) return storable(found);
  throw new MeshError(
    'broken_document',
    'The document names no server with an absolute http or https address; give `baseUrl`.',
  );
}

/** The address of an operation that has its own; whoever names a base URL moves all operations there. */
function ownServer(operation: ApiOperation, request: DocumentRequest, baseUrl: string): string | undefined {
  if (request.baseUrl !== undefined || operation.server === baseUrl) return undefined;
  return operation.server === undefined ? undefined : storable(operation.server);
}

function strangerRemarks(server: string, baseUrl: string): readonly string[] {
  if (new URL(server).origin === new URL(baseUrl).origin) return [];
  return [`it is called at ${server}, which does not get the credential of ${baseUrl}`];
}

function placeOf({ method, path }: ApiOperation): { readonly method: string; readonly path: string } {
  return { method, path: storable(path) };
}
