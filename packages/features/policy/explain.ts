import {
  allOperations,
  allows,
  platformTools,
  scopesOfRole,
  type Operation,
  type operations,
  type ResponseOf,
  type Role,
} from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Principal } from '../identity/index.ts';
import { nearestNames } from './nearest.ts';
import { ofRole } from './policy-test.ts';
import type { Question, ToolResource } from './question.ts';
import type { Policy } from './service.ts';

/** What explaining needs to know of tools. */
export interface ToolDirectory {
  /** A tool of the organization, with the state of the credential that its calls use for a principal. */
  find(principal: Principal, name: string): Promise<FoundTool | undefined>;
  names(tenantId: string): Promise<readonly string[]>;
}

/** A tool, and whether its calls have what they authenticate with. */
interface FoundTool {
  readonly resource: ToolResource;
  readonly credential: FoundCredential;
}

/** Whether a call has what it authenticates with; `none` where it is sent without. */
type FoundCredential =
  | { readonly state: 'stored' | 'none' | 'consent_required' }
  /** What it wants instead, in words. */
  | { readonly state: 'missing'; readonly wanted: string };

/** Finds the principals that an answer may be about. */
export interface PrincipalDirectory {
  principalOfKey(tenantId: string, keyId: string): Promise<Principal>;
  readonly users: { get(principal: Principal, userId: string): Promise<{ readonly id: string; readonly role: Role }> };
}

interface ExplainOptions {
  readonly policy: Policy;
  readonly tools: ToolDirectory;
  readonly identity: PrincipalDirectory;
}

/** Whom and what to explain. */
export interface ExplainRequest {
  readonly name: string;
  readonly as?:
    | { readonly keyId?: string | undefined; readonly userId?: string | undefined; readonly role?: Role | undefined }
    | undefined;
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
}

type Explanation = ResponseOf<typeof operations.policy.explain>;
type Verdict = Explanation['verdicts'][number];

/** Explains a decision: what every layer says, in order, and what decides. It is the very decision that lists and calls ask. */
export async function explain(
  { policy, tools, identity }: ExplainOptions,
  asker: Principal,
  request: ExplainRequest,
): Promise<Explanation> {
  const { principal, shown } = await subjectOf(identity, asker, request.as);
  const named = await find(tools, principal, request.name);
  const argumentsAsked = request.arguments !== undefined;
  const about = { name: request.name, subject: shown, argumentsAsked, nearest: [] };
  if (named === undefined) {
    const nearest = await nearestNames(request.name, [...platformNames, ...(await tools.names(asker.tenantId))]);
    const verdict = unknownVerdict(request.name, nearest);
    return {
      ...about,
      ...outcomeOf(verdict),
      kind: 'unknown',
      revision: 0,
      verdicts: [verdict],
      nearest: [...nearest],
    };
  }
  const question = { ...named.question, ...(argumentsAsked ? { arguments: request.arguments } : {}) };
  const { verdicts, revision } = await policy.layers(principal, question);
  const all = [...verdicts, ...named.credential];
  const deciding = all.find(({ allowed }) => !allowed) ?? all.find(({ reason }) => reason !== 'allowed') ?? all.at(-1);
  if (deciding === undefined) throw new MeshError('internal', 'No layer had anything to say.');
  return { ...about, ...outcomeOf(deciding), kind: named.question.resource.kind, revision, verdicts: all };
}

function outcomeOf({ allowed, reason, rule, sentence }: Verdict): Omit<Verdict, 'layer'> {
  return { allowed, reason, rule, sentence };
}

interface Subject {
  readonly principal: Principal;
  readonly shown: string;
}

async function subjectOf(identity: PrincipalDirectory, asker: Principal, as: ExplainRequest['as']): Promise<Subject> {
  if (as === undefined) return { principal: asker, shown: 'you' };
  need(asker, 'policy:read');
  const { keyId, userId, role } = as;
  if (role !== undefined) return { principal: signedIn(asker.tenantId, role), shown: `role:${role}` };
  if (userId !== undefined) {
    need(asker, 'users:read');
    const user = await identity.users.get(asker, userId);
    return {
      principal: { ...signedIn(asker.tenantId, user.role), userId: user.id, keyId: user.id },
      shown: `user:${userId}`,
    };
  }
  if (keyId === undefined) throw new MeshError('invalid_request', 'Say whom it is about: a key, a user or a role.');
  return { principal: await identity.principalOfKey(asker.tenantId, keyId), shown: `key:${keyId}` };
}

function signedIn(tenantId: string, role: Role): Principal {
  return { ...ofRole(role), tenantId, scopes: scopesOfRole[role] };
}

function need(asker: Principal, scope: 'policy:read' | 'users:read'): void {
  if (allows(asker.scopes, scope)) return;
  throw new MeshError('forbidden', `To ask about others needs the scope ${scope}; about yourself, leave \`as\` out.`);
}

interface NamedResource {
  readonly question: Question;
  readonly credential: readonly Verdict[];
}

const platformNames: readonly string[] = [
  ...allOperations.map(({ id }) => id),
  ...platformTools.map(({ name }) => name),
];

async function find(tools: ToolDirectory, principal: Principal, name: string): Promise<NamedResource | undefined> {
  const operation = findOperation(name);
  if (operation !== undefined) return { question: { resource: { kind: 'operation', operation } }, credential: [] };
  const found = await tools.find(principal, name);
  if (found === undefined) return undefined;
  return { question: { resource: found.resource }, credential: [credentialVerdict(found)] };
}

function findOperation(name: string): Operation | undefined {
  const tool = platformTools.find(
    (candidate) => candidate.name === name || candidate.name.replaceAll('.', '_') === name,
  );
  return tool?.operation ?? allOperations.find(({ id }) => id === name);
}

function credentialVerdict({ resource: { service }, credential }: FoundTool): Verdict {
  const verdict = { layer: 'credential', rule: service } as const;
  if (credential.state === 'consent_required') {
    const sentence = `Calls to ${service} act for the person who makes them, who has not connected an account there yet.`;
    return { ...verdict, allowed: false, reason: 'consent_required', sentence };
  }
  if (credential.state === 'missing') {
    const sentence = `Calls to ${service} want what is not set: ${credential.wanted}.`;
    return { ...verdict, allowed: false, reason: 'credential_missing', sentence };
  }
  if (credential.state === 'none') {
    const sentence = `No credential is stored for ${service}: it answers only what it answers to anybody.`;
    return { ...verdict, allowed: true, reason: 'credential_missing', sentence };
  }
  return { ...verdict, allowed: true, reason: 'allowed', sentence: `Calls to ${service} have a credential.` };
}

function unknownVerdict(name: string, nearest: readonly string[]): Verdict {
  const isOperation = /^[a-z]+[A-Za-z]*\.[a-zA-Z]+$/u.test(name);
  const what = isOperation ? 'operation' : 'tool';
  const hint = nearest.length === 0 ? 'its service may have been removed' : `did you mean ${nearest.join(', ')}`;
  const sentence = `There is no ${what} ${name} here: ${hint}${nearest.length === 0 ? '.' : '?'}`;
  return {
    layer: 'exists',
    allowed: false,
    reason: isOperation ? 'unknown_operation' : 'unknown_tool',
    rule: name,
    sentence,
  };
}
