import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../../identity/index.ts';
import type { Catalogue } from '../catalogue.ts';
import type { CredentialSetting } from '../credentials/sealed-credential.ts';
import { nameOrigin } from '../discovery/named-origin.ts';
import { probe } from '../discovery/probe.ts';
import type { ImportedTool, ImportRequest } from '../import-tool.ts';
import { noTool } from '../no-tool.ts';
import type { ToolsOptions } from '../options.ts';
import { selectKnown } from '../definitions/store-definitions.ts';
import { applyPack } from './apply-pack.ts';
import { matchOperations } from './match-operations.ts';
import { packBaseUrl } from './pack-address.ts';
import { packDocument } from './pack-document.ts';
import type { Pack } from './pack.ts';
import { requirePack } from './packs.ts';
import { countListed, replaceListing, selectPack, selectUnknown, updateListed, updatePack } from './store-packs.ts';

/** An instance of a pack, as it is asked for. */
interface InstallRequest {
  readonly pack: string;
  readonly name: string;
  readonly baseUrl?: string | undefined;
  readonly credential?: CredentialSetting | undefined;
  readonly document?: string | undefined;
  readonly set: 'default' | 'all';
}

/** A service that was made of a pack. */
export interface InstalledPack extends ImportedTool {
  readonly pack: string;
  readonly listed: number;
  /** Operations of the default set that the document does not have. */
  readonly missing: readonly string[];
}

/** Which operations a service is to list. */
interface ListingRequest {
  readonly toolId: string;
  readonly set?: 'default' | 'all' | undefined;
  readonly list: readonly string[];
  readonly unlist: readonly string[];
}

type Import = (
  principal: Principal,
  request: ImportRequest,
  commit: (tx: Tx, imported: ImportedTool) => Promise<void>,
  signal?: AbortSignal,
) => Promise<ImportedTool>;

interface PacksOptions extends ToolsOptions {
  readonly catalogue: Pick<Catalogue, 'change'>;
  readonly import: Import;
}

/** Services as instances of what is known of providers. */
export interface ToolPacks {
  /** `commit` runs in the same transaction. Stores nothing where it throws. */
  install(
    principal: Principal,
    request: InstallRequest,
    commit: (tx: Tx, installed: InstalledPack) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<InstalledPack>;
  setListing(
    principal: Principal,
    request: ListingRequest,
  ): Promise<{ readonly listed: number; readonly total: number }>;
}

/** Builds it. */
export function createToolPacks(options: PacksOptions): ToolPacks {
  return {
    install: (principal, request, commit, signal) => install(options, { principal, request, commit, signal }),
    setListing: (principal, request) => setListing(options, principal, request),
  };
}

interface Installing {
  readonly principal: Principal;
  readonly request: InstallRequest;
  readonly commit: (tx: Tx, installed: InstalledPack) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

async function install(options: PacksOptions, installing: Installing): Promise<InstalledPack> {
  const { principal, request, signal } = installing;
  const pack = requirePack(request.pack);
  const baseUrl = packBaseUrl(pack, request.baseUrl);
  const done: InstalledPack[] = [];
  const commit = async (tx: Tx, imported: ImportedTool): Promise<void> => {
    done.push(await settle(options, tx, { installing, pack, imported, baseUrl }));
  };
  const { name, credential } = request;
  const importing = { name, baseUrl, credential };
  const take = (source: Pick<ImportRequest, 'url' | 'document'>): Promise<ImportedTool> =>
    options.import(principal, { ...importing, ...source }, commit, signal);
  const text = request.document ?? (pack.document.from === 'pack' ? packDocument(pack) : undefined);
  if (text !== undefined) await take({ document: text });
  else await importFromProvider(options, { installing, url: documentUrl(pack, baseUrl), take });
  const [installed] = done.slice(-1);
  if (installed === undefined) throw new MeshError('internal', 'An import ended without its commit.');
  return installed;
}

/** Where the document of an instance lies; undefined where the pack brings it. */
function documentUrl({ document }: Pack, baseUrl: string): string {
  if (document.from === 'url') return document.url;
  return document.from === 'instance' ? `${baseUrl}${document.path}` : baseUrl;
}

interface Fetching {
  readonly installing: Installing;
  readonly url: string;
  readonly take: (source: Pick<ImportRequest, 'url' | 'document'>) => Promise<ImportedTool>;
}

const largestDocument = 50 * 1024 * 1024;

/** By its URL; where that is refused to strangers and lies at the instance itself, with the credential that is meant for it. */
async function importFromProvider(options: PacksOptions, { installing, url, take }: Fetching): Promise<void> {
  const { request, principal, signal } = installing;
  try {
    await take({ url });
  } catch (error) {
    const named = request.baseUrl ?? '';
    const authorized = request.credential !== undefined && named !== '' && URL.canParse(named);
    if (!(error instanceof MeshError) || error.code !== 'upstream_failed' || !authorized) throw error;
    const origin = nameOrigin(named, request.credential);
    if (origin.authorizationFor(url) === undefined) throw error;
    const asking = { fetch: options.fetch, tenantId: principal.tenantId, origin };
    const response = await probe(asking, url, { maximumBytes: largestDocument, timeoutMilliseconds: 60_000, signal });
    if (response.status !== 200) {
      throw new MeshError('upstream_failed', `The address of the document answered ${String(response.status)}.`, {
        cause: error,
      });
    }
    await take({ document: response.text() });
  }
}

interface Settling {
  readonly installing: Installing;
  readonly pack: Pack;
  readonly imported: ImportedTool;
  readonly baseUrl: string;
}

async function settle(
  options: PacksOptions,
  tx: Tx,
  { installing, pack, imported, baseUrl }: Settling,
): Promise<InstalledPack> {
  const { principal, request, commit } = installing;
  const toolId = imported.tool.id;
  const sourceUrl =
    request.document === undefined && pack.document.from === 'instance' ? documentUrl(pack, baseUrl) : null;
  await updatePack(tx, { toolId, pack: pack.name, sourceUrl });
  const missing = await applyPack(tx, { tool: imported.tool, pack, set: request.set });
  const { listed, total } = await countListed(tx, toolId);
  await options.audit.record(tx, {
    actor: actorOf(principal),
    action: 'packs.install',
    subject: toolId,
    detail: { name: request.name, pack: pack.name, baseUrl, listed, tools: total },
  });
  const installed = { ...imported, pack: pack.name, listed, missing };
  await commit(tx, installed);
  return installed;
}

async function setListing(
  options: PacksOptions,
  principal: Principal,
  { toolId, set, list, unlist }: ListingRequest,
): Promise<{ readonly listed: number; readonly total: number }> {
  const work = async (tx: Tx): Promise<{ readonly listed: number; readonly total: number }> => {
    const tool = await selectPack(tx, toolId);
    if (tool === undefined) throw noTool(toolId);
    const unknown = await selectUnknown(tx, toolId, [...list, ...unlist]);
    if (unknown.length > 0) {
      throw new MeshError('not_found', `The service has no operation ${unknown.slice(0, 5).join(', ')}.`);
    }
    if (set !== undefined)
      await replaceListing(tx, { toolId, ...(await keysOf(tx, toolId, { set, pack: tool.pack })) });
    await updateListed(tx, { toolId, operations: list, listed: true });
    await updateListed(tx, { toolId, operations: unlist, listed: false });
    const counts = await countListed(tx, toolId);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'tools.setListing',
      subject: toolId,
      detail: { set, list, unlist, listed: counts.listed },
    });
    const summary = `${tool.name} lists ${String(counts.listed)} of ${String(counts.total)} tools`;
    await options.events.publish(tx, { type: 'tool.changed', subjectId: toolId, summary, data: {} });
    return counts;
  };
  return options.catalogue.change(principal.tenantId, () => options.database.tenant(principal.tenantId, work));
}

async function keysOf(
  tx: Tx,
  toolId: string,
  { set, pack: name }: { readonly set: 'default' | 'all'; readonly pack: string | null },
): Promise<{ readonly listing: 'all' | 'chosen'; readonly keys: readonly string[] }> {
  if (set === 'all') return { listing: 'all', keys: [] };
  if (name === null)
    throw new MeshError('invalid_state', 'The service is no instance of a pack, so it has no default set.');
  const matches = matchOperations(requirePack(name), await selectKnown(tx, toolId));
  return { listing: 'chosen', keys: matches.flatMap(({ key }) => (key === undefined ? [] : [key])) };
}
