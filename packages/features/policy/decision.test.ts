import { allOperations, allows, keyTypes, scopes, scopesOfKeyType, scopesOfRole } from '@devmesh/api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Principal } from '../identity/index.ts';
import { matchesName } from '../name-pattern.ts';
import { decide, decideByLayer, type DecisionFacts } from './decision.ts';
import type { PolicyVerdict } from './engine/policy-set.ts';
import type { Question, ToolResource } from './question.ts';

const tool: ToolResource = {
  kind: 'tool',
  name: 'github_merge',
  service: 'github',
  tags: [],
  effect: 'write',
  method: 'PUT',
  host: 'h',
};
const key: Principal = { tenantId: 't', keyId: 'k', keyType: 'user', scopes: scopesOfKeyType.user, agentId: undefined };
const open: DecisionFacts = { flagsOn: [], closedBy: () => undefined, judge: undefined };
const ask = (principal: Principal, resource: Question['resource'] = tool, facts = open) =>
  decide(facts, principal, { resource });
const operation = (id: string): Question['resource'] => {
  const found = allOperations.find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return { kind: 'operation', operation: found };
};

describe('the decision', () => {
  test('tells a missing scope from a type of key or a role that never has it', () => {
    const without: Principal = { ...key, scopes: ['tools:read'] };
    expect(ask(without)).toMatchObject({ allowed: false, reason: 'scope_missing', rule: 'tools:call' });
    expect(ask(key, operation('identity.createKey'))).toMatchObject({ reason: 'key_type' });
    const auditor: Principal = { ...key, role: 'auditor', via: 'sign-in', scopes: scopesOfRole.auditor };
    expect(ask(auditor)).toMatchObject({ allowed: false, reason: 'role_missing', rule: 'tools:call' });
    expect(ask({ ...without, role: 'auditor' })).toMatchObject({ reason: 'role_missing' });
  });

  test('decides the operation that calls a tool as the tool that is called, so that no list shows what no call reaches', () => {
    const forbidding: DecisionFacts = {
      flagsOn: [],
      closedBy: () => 'closed',
      judge: () => ({ reason: 'policy_forbids', policies: ['no-writes'], dependOnArguments: [] }),
    };
    expect(ask(key, operation('tools.call'), forbidding)).toMatchObject({ allowed: true });
    expect(ask(key, tool, forbidding)).toMatchObject({ allowed: false });
    expect(ask(key, operation('tasks.create'), forbidding)).toMatchObject({ allowed: false });
  });

  test('keeps a key to its tools: what it denies, and what it does not allow', () => {
    const confined = (allow: readonly string[] | undefined, deny: readonly string[] = []) =>
      ask({ ...key, tools: { allow, deny } });
    expect(confined(['github_*'])).toMatchObject({ allowed: true });
    expect(confined(['jira_*', 'a'])).toMatchObject({ allowed: false, reason: 'key_tools', rule: 'allow jira_* a' });
    expect(confined(['github_*'], ['*_merge'])).toMatchObject({ allowed: false, rule: 'deny *_merge' });
    expect(confined([])).toMatchObject({ allowed: false, reason: 'key_tools', rule: 'allow' });
    expect(confined(undefined, ['jira_*'])).toMatchObject({ allowed: true });
  });

  test("keeps a key to its tools among the platform's own, in either spelling", () => {
    const confined = (allow: readonly string[], id: string) =>
      ask({ ...key, tools: { allow, deny: [] } }, operation(id));
    expect(confined(['github_*'], 'tasks.create')).toMatchObject({ allowed: false, reason: 'key_tools' });
    expect(confined(['devmesh_task_*'], 'tasks.create')).toMatchObject({ allowed: true });
    expect(confined(['devmesh.task.create'], 'tasks.create')).toMatchObject({ allowed: true });
    expect(confined(['github_*'], 'tools.call')).toMatchObject({ allowed: true });
  });

  test('asks flags before policies, and neither where they have no say', () => {
    const judge = (): PolicyVerdict => ({ reason: 'policy_forbids', policies: ['p'], dependOnArguments: [] });
    const closed = { ...open, closedBy: () => 'new-thing', judge };
    expect(ask(key, tool, closed)).toMatchObject({ allowed: false, reason: 'flag_off', rule: 'new-thing' });
    expect(ask(key, tool, { ...open, judge })).toMatchObject({ allowed: false, reason: 'policy_forbids', rule: 'p' });
    expect(ask({ ...key, scopes }, operation('policy.set'), closed)).toMatchObject({ allowed: true });
  });

  test('tells what may still depend on arguments', () => {
    const judge = (): PolicyVerdict => ({ reason: 'allowed', policies: ['all'], dependOnArguments: ['no-main'] });
    expect(ask(key, tool, { ...open, judge })).toMatchObject({
      allowed: true,
      reason: 'may_depend_on_arguments',
      sentence: expect.stringContaining('no-main'),
    });
  });

  test('is that of its first layer that denies, and every denial names its rule [policy.one-decision]', () => {
    const verdicts = fc.constantFrom<PolicyVerdict | undefined>(
      undefined,
      { reason: 'allowed', policies: ['a'], dependOnArguments: [] },
      { reason: 'policy_forbids', policies: ['f', 'g'], dependOnArguments: [] },
      { reason: 'policy_permits_nothing', policies: [], dependOnArguments: [] },
      { reason: 'policy_failed', policies: ['f'], dependOnArguments: [] },
    );
    const lists = fc.option(
      fc.record({
        allow: fc.option(fc.subarray(['github_*', 'devmesh*', 'jira_*']), { nil: undefined }),
        deny: fc.subarray(['github_merge', 'devmesh_task_*']),
      }),
      { nil: undefined },
    );
    const resources = fc.oneof(
      fc.constant(tool),
      fc.constantFrom(...allOperations).map(({ id }) => operation(id)),
    );
    const principals = fc.record({
      keyType: fc.constantFrom(...keyTypes),
      scopes: fc.subarray([...scopes]),
      tools: lists,
    });
    const property = fc.property(
      fc.tuple(principals, resources, verdicts, fc.constantFrom(undefined, 'off')),
      ([who, resource, verdict, flag]) => {
        const facts = { flagsOn: [], closedBy: () => flag, judge: verdict === undefined ? undefined : () => verdict };
        const principal = { ...key, ...who };
        const layers = decideByLayer(facts, principal, { resource });
        const decided = decide(facts, principal, { resource });
        const scope = resource.kind === 'tool' ? 'tools:call' : resource.operation.scope;
        const byScope = decided.allowed
          ? allows(principal.scopes, scope)
          : decided.rule !== '' && decided.sentence !== '';
        const first = layers.find(({ allowed }) => !allowed) ?? layers.at(-1);
        return byScope && first?.rule === decided.rule && first.allowed === decided.allowed;
      },
    );
    expect(fc.check(property, { numRuns: 500 }).counterexample).toBeNull();
  });
});

test('a pattern fits as a regular expression of it would', () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', '_', '*', '.'), { maxLength: 8 }).map((parts) => parts.join(''));
  const names = fc.array(fc.constantFrom('a', 'b', '_'), { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(pieces, names, (pattern, name) => {
      const source = pattern.split('*').map((part) => part.replaceAll('.', String.raw`\.`));
      expect(matchesName(pattern, name)).toBe(new RegExp(`^${source.join('.*')}$`, 'u').test(name));
    }),
  );
});
