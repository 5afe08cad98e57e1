import { MeshError, type Telemetry } from '@devmesh/foundation';
import type { Bell, Database, KeyValue } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Flags } from '../flags/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, type Page } from '../paging.ts';
import { checkPolicies, type PolicyCheck, type PolicyProposal } from './check.ts';
import { decide, decideByLayer, isBeyondPolicies, type DecisionFacts, type LayerVerdict } from './decision.ts';
import { createDefinitions, type Definitions, type HoldingPolicies } from './definitions.ts';
import { createPolicyEngine, type PolicyEngine } from './engine/policy-engine.ts';
import type { PolicySet } from './engine/policy-set.ts';
import { mapInTurns } from './in-turns.ts';
import type { Question } from './question.ts';
import { insertVersion, selectCurrent, selectVersions, type PolicyVersion } from './store.ts';

interface PolicyOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly telemetry: Telemetry;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
  readonly flags: Pick<Flags, 'of' | 'known'>;
  /** Turns texts into policies; by default Cedar. */
  readonly engine?: PolicyEngine;
}

/** What a denial is recorded as. */
interface Guarded {
  /** The operation id. */
  readonly action: string;
  readonly subject: string;
  readonly detail?: () => Record<string, unknown>;
}

/** A change of the policies. */
interface PolicyChange extends PolicyProposal {
  readonly expectedRevision: number;
  readonly comment?: string | undefined;
}

/** Every layer's verdict on a question. */
interface Layers {
  readonly verdicts: readonly LayerVerdict[];
  readonly revision: number;
}

/** The one decision about who may do what, and the policies of organizations that it goes by. */
export interface Policy {
  /** Decides. Throws `unavailable` where the policies or flags cannot be read: what is not known is not allowed. */
  decide(principal: Principal, question: Question): Promise<LayerVerdict>;
  /** The items of a list that a principal may call, by the very decision that guards the call. */
  filter<Item>(principal: Principal, items: readonly Item[], ask: (item: Item) => Question): Promise<Item[]>;
  /** Lets pass, or puts the denial on record with its rule and throws `forbidden`. */
  guard(principal: Principal, question: Question, guarded: Guarded): Promise<void>;
  /** What every layer says. */
  layers(principal: Principal, question: Question): Promise<Layers>;
  /** The version that holds. */
  current(tenantId: string): Promise<PolicyVersion | undefined>;
  /** Newest first. */
  history(
    tenantId: string,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<PolicyVersion>>;
  /** What would come of policies; stores nothing. */
  check(tenantId: string, proposal: PolicyProposal): Promise<PolicyCheck>;
  /** Throws `invalid_request` where something is wrong with them, `conflict` where they were changed meanwhile. */
  set(principal: Principal, change: PolicyChange): Promise<PolicyVersion>;
  close(): Promise<void>;
}

type Open = PolicyOptions & {
  readonly definitions: Definitions;
  readonly engine: PolicyEngine;
  /** What definitions were read as, for as long as they are kept. */
  readonly readAs: WeakMap<HoldingPolicies, PolicySet>;
};

const revisionPosition = /^[1-9]\d{0,8}$/u;

/** Builds the decision. */
export function createPolicy(options: PolicyOptions): Policy {
  const { database, telemetry } = options;
  const engine = options.engine ?? createPolicyEngine({ log: telemetry.log });
  const open: Open = { ...options, definitions: createDefinitions(options), engine, readAs: new WeakMap() };
  // Most decisions wait for nothing, and are asked for several times in a call.
  const factsNow = (principal: Principal, question: Question): DecisionFacts | undefined =>
    isBeyondPolicies(question) ? noFacts : knownFacts(open, principal);
  const decideOne: Policy['decide'] = async (principal, question) =>
    decide(factsNow(principal, question) ?? (await factsOf(open, principal)), principal, question);
  const refuseUnless = async (
    deciding: LayerVerdict | Promise<LayerVerdict>,
    principal: Principal,
    guarded: Guarded,
  ) => {
    const decision = await deciding;
    if (!decision.allowed) throw await refuse(open, principal, { decision, guarded });
  };
  return {
    decide: decideOne,
    filter: async (principal, items, ask) => {
      const facts = await factsOf(open, principal);
      const decisions = await mapInTurns(items, (item) => decide(facts, principal, ask(item)));
      return items.filter((_item, at) => decisions[at]?.allowed === true);
    },
    guard: (principal, question, guarded) => {
      const facts = factsNow(principal, question);
      if (facts === undefined) return refuseUnless(decideOne(principal, question), principal, guarded);
      const decision = decide(facts, principal, question);
      return decision.allowed ? allowed : refuseUnless(decision, principal, guarded);
    },
    layers: async (principal, question) => {
      const holding = await open.definitions.of(principal.tenantId);
      const facts = isBeyondPolicies(question) ? noFacts : await factsOf(open, principal);
      return { verdicts: decideByLayer(facts, principal, question), revision: holding?.revision ?? 0 };
    },
    current: (tenantId) => database.tenant(tenantId, selectCurrent),
    history: async (tenantId, { cursor, limit }) => {
      const before = readCursor(cursor, revisionPosition);
      const after = before === undefined ? undefined : Number(before);
      const rows = await database.tenant(tenantId, (tx) => selectVersions(tx, after, limit));
      return cutPage(
        rows,
        limit,
        ({ revision }) => String(revision),
        (row) => row,
      );
    },
    check: async (tenantId, proposal) => checkPolicies(engine, await setOf(open, tenantId), proposal),
    set: (principal, change) => set(open, principal, change),
    close: async () => {
      await open.definitions.close();
      await engine.close();
    },
  };
}

const allowed = Promise.resolve();

const noFacts: DecisionFacts = { flagsOn: [], closedBy: () => undefined, judge: undefined };

async function factsOf(open: Open, principal: Principal): Promise<DecisionFacts> {
  const [flags, policies] = await Promise.all([open.flags.of(principal), setOf(open, principal.tenantId)]).catch(
    (error: unknown) => {
      open.telemetry.log.error('the policies of an organization could not be read', error);
      throw new MeshError(
        'unavailable',
        'The policies of the organization cannot be read now, so nothing is allowed.',
        {
          cause: error,
        },
      );
    },
  );
  return toFacts(flags, policies);
}

/** The same where nothing of it has to be waited for. */
function knownFacts({ flags, definitions, readAs }: Open, principal: Principal): DecisionFacts | undefined {
  const known = flags.known(principal);
  const holding = definitions.known(principal.tenantId);
  if (known === undefined || holding === undefined) return undefined;
  if (isNone(holding.value)) return toFacts(known, undefined);
  const policies = readAs.get(holding.value);
  return policies && toFacts(known, policies);
}

function toFacts({ on, closedBy }: Awaited<ReturnType<Flags['of']>>, policies: PolicySet | undefined): DecisionFacts {
  return {
    flagsOn: on,
    closedBy: (question) => closedBy(gatedBy(question)),
    judge: policies === undefined ? undefined : (who, question) => policies.judge(who, on, question),
  };
}

function isNone(holding: HoldingPolicies | undefined): holding is undefined {
  return holding === undefined || holding.text.trim() === '';
}

/** What a flag can stand before, as gates write it. */
function gatedBy({ resource }: Question): Parameters<Awaited<ReturnType<Flags['of']>>['closedBy']>[0] {
  if (resource.kind === 'tool') return { service: resource.service, tool: resource.name };
  const { id, mcp } = resource.operation;
  return { operation: id, ...(mcp === undefined ? {} : { tool: mcp.tool }) };
}

/** The policies that hold; undefined where the organization has none. */
async function setOf({ definitions, engine, readAs }: Open, tenantId: string): Promise<PolicySet | undefined> {
  const holding = await definitions.of(tenantId);
  if (isNone(holding)) return undefined;
  const { set: policies, issues } = await engine.read(holding.text);
  // They were checked when they were saved: another version of the engine may not know them any more.
  if (policies === undefined) throw new Error(`Stored policies are wrong: ${issues[0]?.message ?? 'unknown'}`);
  readAs.set(holding, policies);
  return policies;
}

interface Refusal {
  readonly decision: LayerVerdict;
  readonly guarded: Guarded;
}

async function refuse({ database, audit, telemetry }: Open, principal: Principal, { decision, guarded }: Refusal) {
  const { layer, reason, rule, sentence } = decision;
  telemetry.metrics.count('devmesh_denials_total', { reason });
  await database.tenant(principal.tenantId, (tx) =>
    audit.record(tx, {
      actor: actorOf(principal),
      action: guarded.action,
      subject: guarded.subject,
      outcome: 'denied',
      rule: `${layer}:${rule}`,
      detail: { ...guarded.detail?.(), reason },
    }),
  );
  return new MeshError('forbidden', sentence, { denial: { reason, rule } });
}

async function set(open: Open, principal: Principal, change: PolicyChange): Promise<PolicyVersion> {
  const { tenantId } = principal;
  const { text, tests, expectedRevision, comment } = change;
  const { valid, issues, tests: results } = await checkPolicies(open.engine, undefined, { text, tests, calls: [] });
  if (!valid) throw refusedChange(issues, results);
  return open.definitions.change(tenantId, () =>
    open.database.tenant(tenantId, async (tx) => {
      const actor = actorOf(principal);
      const version = { text, tests, comment, changedBy: actor.name };
      const row = await insertVersion(tx, expectedRevision, version);
      if (row === undefined) {
        const now = String((await selectCurrent(tx))?.revision ?? 0);
        const was = String(expectedRevision);
        throw new MeshError('conflict', `The policies are at revision ${now}, not ${was}; read them again first.`);
      }
      const revision = `revision ${String(row.revision)}`;
      const detail = { revision: row.revision, before: expectedRevision, tests: tests.length };
      await open.audit.record(tx, { actor, action: 'policy.set', subject: revision, detail });
      await open.events.publish(tx, { type: 'access.changed', subjectId: revision, summary: 'The policies changed' });
      return row;
    }),
  );
}

function refusedChange(issues: PolicyCheck['issues'], results: PolicyCheck['tests']): MeshError {
  const failed = results.filter(({ passed }) => !passed);
  const about = issues.length > 0 ? 'The policies have errors' : 'The policies do not pass their tests';
  const told = [
    ...issues.map(({ line, column, message, help }) => ({
      path: line === undefined ? 'body.text' : `body.text:${String(line)}:${String(column)}`,
      message: help === undefined ? message : `${message} (${help})`,
    })),
    ...failed.map(({ name, expected, got, rule }) => ({
      path: `body.tests.${name}`,
      message: `expected ${expected}, got ${got} by ${rule}`,
    })),
  ];
  const first = told[0];
  const where = first === undefined ? '' : `: ${first.path.replace('body.', '')}: ${first.message}`;
  return new MeshError('invalid_request', `${about}, so nothing was stored${where}`, { issues: told });
}
