import { createHash } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import { oneLine, shorten } from '../naming/clean-text.ts';
import { hiddenTextIn } from '../screening/hidden-text.ts';
import { createScreener, type Screener } from '../screening/screener.ts';
import { convertDescription } from '../discovery/convert-description.ts';
import { nameTools } from '../naming/tool-names.ts';
import { parseText } from './parse-text.ts';
import { objectOf, scalarOf, textOf, type Loose } from './json-value.ts';
import { listOperations, type ApiOperation } from './operations.ts';
import type { DocumentRequest, ReadHead, ReadReport, ReadTool } from './reader-messages.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { createReferences, type LinkedDocuments } from './references.ts';
import type { Remark } from './remarks.ts';
import { absolute, checkVariables, serverAddress, type ServerContext } from './servers.ts';
import { storable } from './storable.ts';
import { upgradeSwagger } from './swagger.ts';
import { createToolMaker } from './tool-maker.ts';

/** A document turned into tools; they are made one by one as they are asked for, and the report is complete once all were taken. */
export interface DocumentReading extends ReadReport {
  readonly head: ReadHead;
  readonly tools: Generator<ReadTool, void, undefined>;
}

const longestTitle = 200;

/** The parsed document; throws `broken_document` with what is wrong. */
export function openDocument({ text }: DocumentRequest): Loose {
  return convertDescription(parseText(typeof text === 'string' ? text : new TextDecoder().decode(text)));
}

/**
 * Reads an OpenAPI document, with the documents that were loaded with it; throws `broken_document` with what is wrong
 * where nothing can be made of it.
 */
export function readDocument(
  request: DocumentRequest,
  opened: Loose = openDocument(request),
  linked?: LinkedDocuments,
): DocumentReading {
  const version = versionOf(opened);
  const references = createReferences(opened, { linked, besideCounts: /^3\.[1-9]/u.test(version) });
  const document = version.startsWith('2') ? upgradeSwagger(opened, references, request.documentUrl) : opened;
  const servers = serversOf(document, request);
  const { operations, skipped } = listOperations({ document, references, servers });
  const baseUrl = baseUrlOf(document, request, servers);
  const info = objectOf(document['info']);
  const loosened: Remark[] = [];
  const names = nameTools(request.service, operations, new Set());
  const moved = request.baseUrl !== undefined;
  const screener = createScreener(request.others ?? []);
  const tools = (function* (): Generator<ReadTool, void, undefined> {
    const make = createToolMaker({ references, baseUrl, moved });
    for (const [index, operation] of operations.entries()) {
      const { tool, schema, remarks } = make(operation, names[index] ?? '');
      const { method, path } = tool;
      screen(screener, { operation, tool, schema, service: request.service });
      for (const { code, reason } of remarks) loosened.push(storable({ method, path, code, reason }));
      yield tool;
    }
  })();
  return {
    head: {
      title: storable(shorten(oneLine(textOf(info['title']) ?? ''), longestTitle)) || request.service,
      version: storable(oneLine(scalarOf(info['version'])).slice(0, longestTitle)),
      baseUrl,
      sha256: createHash('sha256').update(request.text).digest('hex'),
    },
    tools,
    skipped: storable(skipped),
    loosened,
    findings: screener.findings,
  };
}

interface Screened {
  readonly operation: ApiOperation;
  readonly tool: ReadTool;
  readonly schema: JsonSchema;
  readonly service: string;
}

/** Looks at a tool as models get it, and at what its operation hides in its texts, which they do not get. */
function screen(screener: Screener, { operation, tool, schema, service }: Screened): void {
  if (screener.full) return;
  const { name, title, description } = tool;
  const written = `${operation.summary ?? ''}\n${operation.description ?? ''}`;
  const texts = { title, description: hiddenTextIn(written) === undefined ? description : written };
  screener.look('tool', { name, ...texts, inputSchema: schema }, name.slice(service.length + 1));
}

/** The version of OpenAPI that a document is written in; throws for one that is none. */
function versionOf(document: Loose): string {
  const openapi = scalarOf(document['openapi']);
  const version = openapi === '' ? scalarOf(document['swagger']) : openapi;
  if (openapi === '' ? /^2(?:\.|$)/u.test(version) : /^3(?:\.|$)/u.test(version)) return version;
  const problem =
    version === ''
      ? 'It has no field `openapi`, so it is not an OpenAPI document'
      : `Its version is "${oneLine(version).slice(0, 20)}"`;
  throw new MeshError('broken_document', `${problem}; OpenAPI 3.0 to 3.2 and Swagger 2.0 are understood.`);
}

function serversOf(document: Loose, { documentUrl, serverVariables = {} }: DocumentRequest): ServerContext {
  checkVariables(document['servers'], serverVariables);
  return { documentUrl, variables: serverVariables };
}

function baseUrlOf(document: Loose, { baseUrl }: DocumentRequest, servers: ServerContext): string {
  const declared = document['servers'];
  const none = !Array.isArray(declared) || declared.length === 0;
  const found =
    baseUrl === undefined ? serverAddress(none ? [{ url: '/' }] : declared, servers) : absolute(baseUrl, undefined);
  if (found !== undefined) return storable(found);
  throw new MeshError(
    'broken_document',
    'The document names no server with an absolute http or https address; give `baseUrl`.',
  );
}
