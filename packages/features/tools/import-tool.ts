import { MeshError } from '@devmesh/foundation';
import { fetchFor, isUniqueViolation, type Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Catalogue } from './catalogue.ts';
import { checkCredential } from './credentials/check-credential.ts';
import { storeCredential, type CredentialSetting } from './credentials/sealed-credential.ts';
import { replaceDefinitions } from './definitions/replace-definitions.ts';
import { openSource, type SourceRequest } from './import-source.ts';
import { updateReading } from './store-readings.ts';
import type { DocumentReader, ReadDocument } from './reading/document-reader.ts';
import type { ReadReport } from './reading/reader-messages.ts';
import { selectOtherTools } from './screening/store.ts';
import { tellFindings } from './screening/tell-findings.ts';
import type { ToolsOptions } from './options.ts';
import { insertTool, selectTool, type ToolRow } from './store.ts';

/** What to import: either a URL or the document itself. */
export interface ImportRequest extends SourceRequest {
  readonly name: string;
  readonly baseUrl?: string | undefined;
  readonly serverVariables?: Readonly<Record<string, string>> | undefined;
  readonly credential?: CredentialSetting | undefined;
}

/** The stored service, and what to know of its document. */
export interface ImportedTool extends ReadReport {
  readonly tool: ToolRow;
}

interface Import {
  readonly principal: Principal;
  readonly request: ImportRequest;
  readonly commit: (tx: Tx, imported: ImportedTool) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** Reads a document and stores all of it, or nothing. */
export async function importTool(
  options: ToolsOptions & { readonly catalogue: Catalogue },
  reader: DocumentReader,
  { principal, request, commit, signal }: Import,
): Promise<ImportedTool> {
  if (request.credential !== undefined) checkCredential(request.credential);
  const document = await read(options, reader, { principal, request, signal });
  const conflict = new MeshError('conflict', `There is a service "${request.name}" already.`);
  try {
    const work = async (tx: Tx): Promise<ImportedTool> => {
      const stored = await store(options, tx, { principal, request, document });
      if (stored === undefined) throw conflict;
      const { skipped, loosened, findings } = document;
      const imported = { tool: stored, skipped, loosened, findings };
      await commit(tx, imported);
      return imported;
    };
    const { tenantId } = principal;
    return await options.catalogue.change(tenantId, () => options.database.tenant(tenantId, work));
  } catch (error) {
    // Another import took one of the names between our look and our insert.
    if (isUniqueViolation(error)) throw conflict;
    throw error;
  }
}

async function read(
  { database, fetch }: ToolsOptions,
  reader: DocumentReader,
  { principal, request, signal }: Pick<Import, 'principal' | 'request' | 'signal'>,
): Promise<ReadDocument> {
  const { name, baseUrl, serverVariables } = request;
  const { load, ...source } = await openSource(fetchFor(fetch, principal.tenantId), request, signal);
  const others = await database.tenant(principal.tenantId, (tx) => selectOtherTools(tx));
  return reader.read({ service: name, baseUrl, serverVariables, others, ...source }, signal, load);
}

interface Storing {
  readonly principal: Principal;
  readonly request: ImportRequest;
  readonly document: ReadDocument;
}

async function store(
  { vault, connections, audit, events, notifications, newId }: ToolsOptions,
  tx: Tx,
  { principal, request, document }: Storing,
): Promise<ToolRow | undefined> {
  const id = newId();
  const { head, tools } = document;
  const row = { id, name: request.name, sourceUrl: request.url, operationCount: tools.length, ...head };
  if (!(await insertTool(tx, row))) return undefined;
  const { baseUrl, serverVariables = {} } = request;
  await updateReading(tx, id, { baseUrl, serverVariables, report: document });
  await replaceDefinitions(tx, { tool: { id, name: request.name }, base: tools });
  if (request.credential !== undefined) {
    const owner = { tenantId: principal.tenantId, toolId: id, baseUrl: head.baseUrl };
    await storeCredential(tx, { vault, connections }, owner, request.credential);
  }
  await audit.record(tx, {
    actor: actorOf(principal),
    action: 'tools.import',
    subject: id,
    detail: {
      name: request.name,
      document: `sha256:${head.sha256}`,
      tools: tools.length,
      skipped: document.skipped.length,
    },
  });
  await events.publish(tx, {
    type: 'tool.imported',
    subjectId: id,
    summary: `${request.name} imported with ${String(tools.length)} tools`,
    data: { name: request.name, tools: tools.length, skipped: document.skipped.length },
  });
  await tellFindings(notifications, tx, { service: request.name, before: [], findings: document.findings });
  return selectTool(tx, id);
}
