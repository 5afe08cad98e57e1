import { randomBytes } from 'node:crypto';
import type { RuleOfSource } from '@devmesh/api';
import { MeshError, Secret } from '@devmesh/foundation';
import { isUniqueViolation, type Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Page } from '../paging.ts';
import { secretPlace, type InboxOptions } from './inbox.ts';
import { checkSettings, type KindName } from './kinds/index.ts';
import { listById, type PageRequest } from './list.ts';
import {
  deleteSource,
  dropPreviousSecret,
  insertSource,
  replaceSecret,
  selectSource,
  selectSources,
  updateSource,
  type SourceRow,
  type SourceSettings,
} from './store-sources.ts';

interface SourceRequest extends Partial<SourceSettings> {
  readonly name: string;
  readonly kind: KindName;
  /** Absent: one is made. */
  readonly secret?: string | undefined;
  /** Routing rules for this source alone. */
  readonly rules?: readonly RuleOfSource[];
}

type SourceChanges = { readonly [Field in keyof SourceSettings]?: SourceSettings[Field] | undefined };

interface Rotation {
  /** Absent: one is made. */
  readonly secret?: string | undefined;
  /** How long the old secret stays valid; 0 ends it at once. */
  readonly graceSeconds: number;
}

/** A source with its new secret, which exists in clear only here. */
export interface SourceWithSecret {
  readonly source: SourceRow;
  readonly secret: Secret;
}

/** Runs in the same transaction as what it is told of. */
type Commit<Result> = (tx: Tx, result: Result) => Promise<void>;

/** Who may send webhooks to an organization. Every change is audited. */
export interface Sources {
  /** Throws `conflict` when the name is taken, `invalid_request` for settings that the kind does not take. */
  createSource(
    principal: Principal,
    request: SourceRequest,
    commit: Commit<SourceWithSecret>,
  ): Promise<SourceWithSecret>;
  listSources(principal: Principal, page: PageRequest): Promise<Page<SourceRow>>;
  /** Throws `not_found`, as the following do. */
  getSource(principal: Principal, sourceId: string): Promise<SourceRow>;
  /** Changes what is given. */
  updateSource(principal: Principal, sourceId: string, changes: SourceChanges): Promise<SourceRow>;
  deleteSource(principal: Principal, sourceId: string): Promise<void>;
  /** Puts a new secret in place; the old one stays valid for the grace, and at most two are valid at a time. */
  rotateSecret(
    principal: Principal,
    sourceId: string,
    rotation: Rotation & { readonly commit: Commit<SourceWithSecret> },
  ): Promise<SourceWithSecret>;
  /** Ends the grace of the old secret. */
  revokePreviousSecret(principal: Principal, sourceId: string): Promise<SourceRow>;
}

type SourcesOptions = Pick<InboxOptions, 'database' | 'vault' | 'audit' | 'automation' | 'newId'>;

const defaults: Omit<SourceSettings, 'name'> = {
  settings: {},
  toleranceSeconds: 300,
  enabled: true,
  requestsPerMinute: 60_000,
  maximumBodyBytes: 26_214_400,
};

/** Builds the sources of webhooks. */
export function createSources(options: SourcesOptions): Sources {
  const { database } = options;
  const change = (principal: Principal, sourceId: string, write: Write): Promise<SourceRow> =>
    database.tenant(principal.tenantId, (tx) => changeSource(options, { tx, principal, sourceId, write }));
  return {
    createSource: (principal, request, commit) => create(options, { principal, request, commit }),
    listSources: (principal, page) =>
      listById(page, (after, limit) => database.tenant(principal.tenantId, (tx) => selectSources(tx, after, limit))),
    getSource: async (principal, sourceId) =>
      found(sourceId, await database.tenant(principal.tenantId, (tx) => selectSource(tx, sourceId))),
    updateSource: (principal, sourceId, changes) => update(options, { principal, sourceId, changes }),
    deleteSource: async (principal, sourceId) => {
      const run = async (tx: Tx): Promise<SourceRow | undefined> => {
        // Its rules go with it.
        await options.automation.rulesChanged(tx);
        return deleteSource(tx, sourceId);
      };
      await change(principal, sourceId, { action: 'webhooks.deleteSource', run });
    },
    rotateSecret: (principal, sourceId, rotation) => rotate(options, { principal, sourceId, rotation }),
    revokePreviousSecret: (principal, sourceId) => {
      const run = (tx: Tx): Promise<SourceRow | undefined> => dropPreviousSecret(tx, sourceId);
      return change(principal, sourceId, { action: 'webhooks.revokePreviousSecret', run });
    },
  };
}

interface Creation {
  readonly principal: Principal;
  readonly request: SourceRequest;
  readonly commit: Commit<SourceWithSecret>;
}

async function create(options: SourcesOptions, { principal, request, commit }: Creation): Promise<SourceWithSecret> {
  const { tenantId } = principal;
  const { secret: given, rules = [], ...wanted } = request;
  const { kind } = request;
  checkSettings(kind, request.settings ?? {});
  const id = options.newId();
  const secret = newSecret(given);
  return options.database.tenant(tenantId, async (tx) => {
    const sealed = await options.vault.seal(tx, secretPlace(tenantId, id), secret);
    const source = await insertSource(tx, { ...defaults, ...wanted, id, secret: sealed });
    if (source === undefined) throw nameTaken(request.name);
    const detail = { name: request.name, kind };
    await options.audit.record(tx, { actor: actorOf(principal), action: 'webhooks.createSource', subject: id, detail });
    await options.automation.createRulesIn(tx, principal, source, rules);
    const created = { source, secret };
    await commit(tx, created);
    return created;
  });
}

interface Change {
  readonly principal: Principal;
  readonly sourceId: string;
}

async function update(
  options: SourcesOptions,
  { principal, sourceId, changes }: Change & { readonly changes: SourceChanges },
): Promise<SourceRow> {
  const run = async (tx: Tx): Promise<SourceRow | undefined> => {
    const source = await updateSource(tx, sourceId, changes);
    if (source !== undefined && changes.settings !== undefined) checkSettings(source.kind, changes.settings);
    return source;
  };
  const write: Write = { action: 'webhooks.updateSource', run, detail: { changed: fieldsOf(changes) } };
  try {
    return await options.database.tenant(principal.tenantId, (tx) =>
      changeSource(options, { tx, principal, sourceId, write }),
    );
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(changes.name ?? '') : error;
  }
}

async function rotate(
  options: SourcesOptions,
  { principal, sourceId, rotation }: Change & { readonly rotation: Rotation & { commit: Commit<SourceWithSecret> } },
): Promise<SourceWithSecret> {
  const { graceSeconds } = rotation;
  const { tenantId } = principal;
  const secret = newSecret(rotation.secret);
  return options.database.tenant(tenantId, async (tx) => {
    const sealed = await options.vault.seal(tx, secretPlace(tenantId, sourceId), secret);
    const run = (): Promise<SourceRow | undefined> => replaceSecret(tx, { id: sourceId, secret: sealed, graceSeconds });
    const write: Write = { action: 'webhooks.rotateSecret', run, detail: { graceSeconds } };
    const rotated = { source: await changeSource(options, { tx, principal, sourceId, write }), secret };
    await rotation.commit(tx, rotated);
    return rotated;
  });
}

/** A change of one source: what it does, and what the audit trail calls it. */
interface Write {
  readonly action: string;
  readonly run: (tx: Tx) => Promise<SourceRow | undefined>;
  readonly detail?: Record<string, unknown>;
}

async function changeSource(
  options: SourcesOptions,
  { tx, principal, sourceId, write }: Change & { readonly tx: Tx; readonly write: Write },
): Promise<SourceRow> {
  const source = found(sourceId, await write.run(tx));
  const detail = { name: source.name, ...write.detail };
  await options.audit.record(tx, { actor: actorOf(principal), action: write.action, subject: sourceId, detail });
  return source;
}

function newSecret(given: string | undefined): Secret {
  return new Secret(given ?? randomBytes(32).toString('hex'));
}

function found(sourceId: string, source: SourceRow | undefined): SourceRow {
  if (source === undefined) throw new MeshError('not_found', `There is no webhook source ${sourceId}.`);
  return source;
}

function nameTaken(name: string): MeshError {
  return new MeshError('conflict', `There is a source named "${name}" already.`);
}

function fieldsOf(changes: SourceChanges): readonly string[] {
  return Object.entries(changes)
    .filter(([, value]) => value !== undefined)
    .map(([field]) => field);
}
