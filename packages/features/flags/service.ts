import { MeshError, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Bell, Database, KeyValue, Tx } from '@devmesh/infrastructure';
import { NOOP_PROVIDER, OpenFeature, type Client } from '@openfeature/server-sdk';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { createDefinitions, type Definitions } from './definitions.ts';
import { evaluateFlag } from './evaluate.ts';
import { kindOf, type Flag, type FlagSubject, type FlagValue } from './flag.ts';
import { closes, type Gated } from './gates.ts';
import { contextOf, createFlagProvider } from './provider.ts';
import { countOtherFlags, deleteFlag, upsertFlag } from './store.ts';

interface FlagsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly telemetry: Telemetry;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
  readonly newId: NewId;
}

/** What the flags mean for a principal. */
interface FlagsOfPrincipal {
  /** The boolean flags that are on, by key. */
  readonly on: readonly string[];
  /** The flag that is off and closes something; undefined where none does. */
  readonly closedBy: (gated: Gated) => string | undefined;
}

/** What a flag is for a principal. */
interface EvaluatedFlag {
  readonly key: string;
  readonly value: FlagValue;
  readonly variant?: string;
  readonly reason: string;
}

/** The feature flags of organizations. */
export interface Flags {
  of(principal: Principal): Promise<FlagsOfPrincipal>;
  /** The same at once, where the flags are kept in this process. */
  known(principal: Principal): FlagsOfPrincipal | undefined;
  /** By key. */
  list(tenantId: string): Promise<readonly Flag[]>;
  /** Throws `invalid_request` for a flag that makes no sense, `conflict` beyond 200 of them. */
  set(principal: Principal, flag: Omit<Flag, 'kind' | 'updatedAt'>): Promise<Flag>;
  /** Throws `not_found`. */
  remove(principal: Principal, key: string): Promise<void>;
  /** What every flag is for a principal, asked by OpenFeature's client. */
  evaluate(principal: Principal): Promise<readonly EvaluatedFlag[]>;
  close(): Promise<void>;
}

const mostFlags = 200;

/** Builds the flags. */
export function createFlags(options: FlagsOptions): Flags {
  const definitions = createDefinitions(options);
  // OpenFeature keeps one register for the process; a name of its own keeps ours apart from others.
  const domain = `flags ${options.newId()}`;
  OpenFeature.setProvider(
    domain,
    createFlagProvider((tenantId) => definitions.of(tenantId)),
  );
  const client = OpenFeature.getClient(domain);
  return {
    of: async (principal) => flagsOf(await definitions.of(principal.tenantId), subjectOf(principal)),
    known: (principal) => {
      const flags = definitions.known(principal.tenantId);
      return flags && flagsOf(flags, subjectOf(principal));
    },
    list: (tenantId) => definitions.of(tenantId),
    set: (principal, flag) => set(options, definitions, { principal, flag }),
    remove: (principal, key) => remove(options, definitions, { principal, key }),
    evaluate: async (principal) => {
      const context = contextOf(principal.tenantId, subjectOf(principal));
      const flags = await definitions.of(principal.tenantId);
      return Promise.all(flags.map(async (flag) => ({ key: flag.key, ...(await ask(client, flag, context)) })));
    },
    close: async () => {
      await OpenFeature.setProviderAndWait(domain, NOOP_PROVIDER);
      await definitions.close();
    },
  };
}

const noFlags: FlagsOfPrincipal = { on: [], closedBy: () => undefined };

function flagsOf(flags: readonly Flag[], subject: FlagSubject): FlagsOfPrincipal {
  if (flags.length === 0) return noFlags;
  const switches = flags.filter(({ kind }) => kind === 'boolean');
  const isOn = (flag: Flag): boolean => evaluateFlag(flag, subject).value === true;
  const on = switches.filter(isOn).map(({ key }) => key);
  const closing = switches.filter(({ key, gates }) => gates.length > 0 && !on.includes(key));
  return { on, closedBy: (gated) => closing.find((flag) => closes(flag, gated))?.key };
}

function subjectOf({ keyId, keyType, agentId, userId, role }: Principal): FlagSubject {
  const ids = [userId, agentId, keyId].filter((id) => id !== undefined);
  return { targetingKey: userId ?? agentId ?? keyId, ids, role, keyType };
}

async function ask(
  client: Client,
  flag: Flag,
  context: ReturnType<typeof contextOf>,
): Promise<Omit<EvaluatedFlag, 'key'>> {
  const {
    reason = 'ERROR',
    variant,
    value,
  } = await {
    boolean: () => client.getBooleanDetails(flag.key, false, context),
    string: () => client.getStringDetails(flag.key, '', context),
    number: () => client.getNumberDetails(flag.key, 0, context),
    json: () => client.getObjectDetails(flag.key, {}, context),
  }[flag.kind]();
  return { value: value as FlagValue, reason, ...(variant === undefined ? {} : { variant }) };
}

type Changing = Pick<FlagsOptions, 'database' | 'audit' | 'events'>;

async function set(
  { database, audit, events }: Changing,
  definitions: Definitions,
  { principal, flag }: { readonly principal: Principal; readonly flag: Omit<Flag, 'kind' | 'updatedAt'> },
): Promise<Flag> {
  const kind = checkFlag(flag);
  const { tenantId } = principal;
  return definitions.change(tenantId, () =>
    database.tenant(tenantId, async (tx) => {
      if ((await countOtherFlags(tx, flag.key)) >= mostFlags) {
        throw new MeshError('conflict', `There are ${String(mostFlags)} flags already; remove one first.`);
      }
      const row = await upsertFlag(tx, { ...flag, kind });
      if (row === undefined) throw new MeshError('internal', 'A flag vanished while it was set.');
      await audit.record(tx, {
        actor: actorOf(principal),
        action: 'flags.set',
        subject: flag.key,
        detail: { enabled: flag.enabled, defaultVariant: flag.defaultVariant, targets: flag.targeting.length },
      });
      await tellChange(events, tx, flag.key);
      return row;
    }),
  );
}

/** A flag may stand before tools: what is listed may be another. */
function tellChange(events: FlagsOptions['events'], tx: Tx, key: string): Promise<void> {
  return events.publish(tx, { type: 'access.changed', subjectId: key, summary: `The flag ${key} changed` });
}

/** The kind of a flag that makes sense. */
function checkFlag(flag: Omit<Flag, 'kind' | 'updatedAt'>): Flag['kind'] {
  const kind = kindOf(flag.variants);
  if (kind === undefined) throw wrong('variants', 'have values of one kind, and there is one at least');
  const named = [flag.defaultVariant, flag.offVariant, ...flag.targeting.map(({ variant }) => variant)];
  const unknown = named.find((name) => !Object.hasOwn(flag.variants, name));
  if (unknown !== undefined) throw wrong('variants', `have none called "${unknown}"`);
  if (flag.gates.length > 0 && kind !== 'boolean') throw wrong('gates', 'are for boolean flags only');
  return kind;
}

function wrong(field: string, message: string): MeshError {
  return new MeshError('invalid_request', `The ${field} of the flag ${message}.`, {
    issues: [{ path: `body.${field}`, message }],
  });
}

function remove(
  { database, audit, events }: Changing,
  definitions: Definitions,
  { principal, key }: { readonly principal: Principal; readonly key: string },
): Promise<void> {
  const { tenantId } = principal;
  return definitions.change(tenantId, () =>
    database.tenant(tenantId, async (tx) => {
      if (!(await deleteFlag(tx, key))) throw new MeshError('not_found', `There is no flag ${key}.`);
      await audit.record(tx, { actor: actorOf(principal), action: 'flags.remove', subject: key });
      await tellChange(events, tx, key);
    }),
  );
}
