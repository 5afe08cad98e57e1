import type { PromptDefinition } from '@devmesh/api';
import { canonicalJson, MeshError } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, type Page } from '../paging.ts';
import { checkDefinition } from './check-definition.ts';
import { completeArgument, renderPrompt, type RenderedPrompt } from './render-prompt.ts';
import {
  countOtherPrompts,
  deleteOldVersions,
  deletePrompt,
  insertVersion,
  selectPrompt,
  selectPrompts,
  selectVersion,
  selectVersions,
  updateActive,
  type PromptRow,
  type VersionRow,
} from './store.ts';

interface PromptsOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
}

interface PageWish {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Which version has to be the one that clients get for a change to be made; 0: none. */
interface Expecting {
  readonly expectedVersion?: number | undefined;
}

/** The prompts that organizations write for their agents. */
export interface Prompts {
  /** By name. */
  list(principal: Principal, page: PageWish): Promise<Page<PromptRow>>;
  /** In the version that clients get, or another; throws `not_found`. */
  get(principal: Principal, name: string, version?: number): Promise<PromptRow & { readonly shown: number }>;
  /** Throws `conflict` where another version is active than expected, or there are too many prompts. */
  put(principal: Principal, name: string, written: PromptDefinition & Expecting): Promise<PromptRow>;
  /** The latest first. */
  versions(
    principal: Principal,
    name: string,
    page: PageWish,
  ): Promise<Page<VersionRow & { readonly active: boolean }>>;
  activate(principal: Principal, name: string, wish: { readonly version: number } & Expecting): Promise<PromptRow>;
  delete(principal: Principal, name: string): Promise<void>;
  render(principal: Principal, name: string, values: Readonly<Record<string, string>>): Promise<RenderedPrompt>;
  complete(
    principal: Principal,
    name: string,
    argument: { readonly name: string; readonly value: string },
  ): Promise<ReturnType<typeof completeArgument>>;
}

const most = 200;
const versionsKept = 100;
const namePosition = /^[a-z0-9-]{2,64}$/u;
const versionPosition = /^[1-9]\d{0,6}$/u;

/** Builds the prompts. */
export function createPrompts(options: PromptsOptions): Prompts {
  const { database } = options;
  const find = async (principal: Principal, name: string): Promise<PromptRow> =>
    database.tenant(principal.tenantId, (tx) => existing(tx, name));
  return {
    list: async ({ tenantId }, { cursor, limit }) => {
      const after = readCursor(cursor, namePosition);
      const rows = await database.tenant(tenantId, (tx) => selectPrompts(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.name,
        (row) => row,
      );
    },
    get: (principal, name, version) =>
      database.tenant(principal.tenantId, async (tx) => {
        const row = await existing(tx, name);
        if (version === undefined || version === row.version) return { ...row, shown: row.version };
        const { definition } = await existingVersion(tx, name, version);
        return { ...row, definition, shown: version };
      }),
    put: (principal, name, written) => put(options, principal, { name, written }),
    versions: (principal, name, { cursor, limit }) =>
      database.tenant(principal.tenantId, async (tx) => {
        const before = readCursor(cursor, versionPosition);
        const { version: active } = await existing(tx, name);
        const wish = { before: before === undefined ? undefined : Number(before), limit };
        return cutPage(
          await selectVersions(tx, name, wish),
          limit,
          ({ version }) => String(version),
          (row) => ({ ...row, active: row.version === active }),
        );
      }),
    activate: (principal, name, { version, expectedVersion }) =>
      change(options, principal, name, async (tx) => {
        await countOtherPrompts(tx, name);
        const row = await existing(tx, name);
        refuseOther(row, expectedVersion);
        await existingVersion(tx, name, version);
        await updateActive(tx, name, version);
        await options.audit.record(tx, {
          actor: actorOf(principal),
          action: 'prompts.activate',
          subject: name,
          detail: { version, before: row.version },
        });
        return existing(tx, name);
      }),
    delete: (principal, name) =>
      change(options, principal, name, async (tx) => {
        if (!(await deletePrompt(tx, name))) throw noPrompt(name);
        await options.audit.record(tx, { actor: actorOf(principal), action: 'prompts.delete', subject: name });
      }),
    render: async (principal, name, values) => renderPrompt((await find(principal, name)).definition, values),
    complete: async (principal, name, argument) => completeArgument((await find(principal, name)).definition, argument),
  };
}

async function put(
  options: PromptsOptions,
  principal: Principal,
  {
    name,
    written: { expectedVersion, ...definition },
  }: { readonly name: string; readonly written: PromptDefinition & Expecting },
): Promise<PromptRow> {
  checkDefinition(definition);
  return change(options, principal, name, async (tx) => {
    const others = await countOtherPrompts(tx, name);
    const row = await selectPrompt(tx, name);
    refuseOther(row, expectedVersion);
    if (row === undefined && others >= most) {
      throw new MeshError('conflict', `An organization has at most ${String(most)} prompts.`);
    }
    if (row !== undefined && canonicalJson(row.definition) === canonicalJson(definition)) return row;
    const version = (row?.latestVersion ?? 0) + 1;
    await insertVersion(tx, { name, version, definition });
    await deleteOldVersions(tx, name, versionsKept);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'prompts.put',
      subject: name,
      detail: { version, messages: definition.messages.length },
    });
    return existing(tx, name);
  });
}

function refuseOther(row: PromptRow | undefined, expected: number | undefined): void {
  const version = row?.version ?? 0;
  if (expected === undefined || expected === version) return;
  const sentence =
    version === 0 ? 'There is no such prompt.' : `Clients get version ${String(version)} of this prompt.`;
  throw new MeshError('conflict', `${sentence} It was changed since you read it.`);
}

async function existing(tx: Tx, name: string): Promise<PromptRow> {
  const row = await selectPrompt(tx, name);
  if (row === undefined) throw noPrompt(name);
  return row;
}

async function existingVersion(tx: Tx, name: string, version: number): Promise<VersionRow> {
  const row = await selectVersion(tx, name, version);
  if (row === undefined) throw new MeshError('not_found', `The prompt ${name} has no version ${String(version)}.`);
  return row;
}

function noPrompt(name: string): MeshError {
  return new MeshError('not_found', `There is no prompt ${name}.`);
}

/** Clients hear that their list of prompts changed. */
function change<Result>(
  { database, events }: PromptsOptions,
  { tenantId }: Principal,
  name: string,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  return database.tenant(tenantId, async (tx) => {
    const result = await work(tx);
    await events.publish(tx, { type: 'prompt.changed', subjectId: name, summary: `The prompt ${name} changed` });
    return result;
  });
}
