import { allOperations, keyTypes, roles, scopes, type operations, type Role } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Principal } from '../identity/index.ts';
import type { PolicyVerdict, PolicySet } from './engine/policy-set.ts';
import type { Question, Resource } from './question.ts';
import type { z } from 'zod';

/** A case that policies must decide as told. */
export type PolicyTest = z.output<typeof operations.policy.set.body>['tests'][number];

/** A question as tests and dry runs write it. */
export type WrittenCall = Omit<PolicyTest, 'expect' | 'rule'>;

/** What a case came to. */
export interface PolicyTestResult {
  readonly name: string;
  readonly passed: boolean;
  readonly expected: 'allow' | 'deny';
  readonly got: 'allow' | 'deny';
  readonly reason: PolicyVerdict['reason'];
  readonly rule: string;
}

/** Asks policies a case, as they are asked in earnest. */
export function runTest(set: PolicySet | undefined, test: PolicyTest): PolicyTestResult {
  const { reason, policies } = askWritten(set, test);
  const got = reason === 'allowed' ? 'allow' : 'deny';
  const rule = policies[0] ?? (set === undefined ? 'no policies' : 'no permit');
  const passed = got === test.expect && (test.rule === undefined || policies.includes(test.rule));
  return { name: test.name, passed, expected: test.expect, got, reason, rule };
}

/** What policies say to a written call; everything where there are none. */
export function askWritten(set: PolicySet | undefined, call: WrittenCall): PolicyVerdict {
  const { principal, question } = readCall(call);
  return set?.judge(principal, call.flags, question) ?? { reason: 'allowed', policies: [], dependOnArguments: [] };
}

/** The principal and the question that a written call means. Throws `invalid_request` for what does not exist. */
function readCall(call: WrittenCall): { readonly principal: Principal; readonly question: Question } {
  const resource = readResource(call.resource);
  return {
    principal: readPrincipal(call),
    question: { resource, ...(call.arguments === undefined ? {} : { arguments: call.arguments }) },
  };
}

const nobody = '00000000-0000-7000-8000-000000000000';

function readPrincipal({ name, principal: written }: WrittenCall): Principal {
  const [kind, value = ''] = written.split(/:(.*)/su);
  const base = { tenantId: nobody, keyId: nobody, scopes, agentId: undefined } as const;
  if (kind === 'role' && isOneOf(roles, value)) return ofRole(value);
  if (kind === 'key' && isOneOf(keyTypes, value)) return { ...base, keyType: value };
  if (kind === 'agent' && value !== '') return { ...base, keyType: 'agent', agentId: value };
  throw wrong(name, 'principal', 'is `role:` with a role, `key:` with a type of key, or `agent:` with an id');
}

/** Somebody with a role, signed in. */
export function ofRole(role: Role): Principal {
  const keyType = 'user';
  return { tenantId: nobody, keyId: nobody, userId: nobody, keyType, scopes, agentId: undefined, role, via: 'sign-in' };
}

function readResource(written: WrittenCall['resource']): Resource {
  if (written.operation !== undefined) {
    const operation = allOperations.find(({ id }) => id === written.operation);
    if (operation === undefined)
      throw wrong(written.operation, 'resource.operation', 'is no operation of the platform');
    return { kind: 'operation', operation };
  }
  const { tool: name = '', service, effect = 'write', tags = [], method = 'POST', host = '' } = written;
  return { kind: 'tool', name, service: service ?? name.split('_')[0] ?? name, effect, tags, method, host };
}

function isOneOf<Value extends string>(values: readonly Value[], value: string): value is Value {
  return (values as readonly string[]).includes(value);
}

function wrong(what: string, field: string, is: string): MeshError {
  return new MeshError('invalid_request', `"${what}": ${field} ${is}.`, {
    issues: [{ path: `body.${field}`, message: is }],
  });
}
