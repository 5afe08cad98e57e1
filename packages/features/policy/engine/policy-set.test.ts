import { allOperations, keyTypes, roles } from '@devmesh/api';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import { cedarSchema, examplePolicies } from '../cedar-schema.ts';
import type { Question, ToolResource } from '../question.ts';
import { argumentValues } from './argument-values.ts';
import { loadCedar, type Cedar } from './cedar.ts';
import { compilePolicies } from './compile.ts';
import { principalEntity, resourceEntity } from './entities.ts';
import { createPolicySet, type PolicySet } from './policy-set.ts';
import { createSlots, type Slots } from './slots.ts';

let cedar: Cedar;
let slots: Slots;
let sets = 0;
beforeAll(async () => {
  cedar = await loadCedar();
  slots = createSlots(cedar);
});

function setOf(text: string): PolicySet {
  const { policies, issues } = compilePolicies(cedar, text);
  expect(issues).toEqual([]);
  return createPolicySet({ slots, key: `set${String((sets += 1))}`, policies });
}

const permitAll = '@id("all") permit(principal, action, resource);\n';

const someone: Principal = {
  tenantId: 't',
  keyId: 'k1',
  keyType: 'user',
  scopes: [],
  agentId: undefined,
  userId: 'u1',
  role: 'developer',
};
const tool: ToolResource = {
  kind: 'tool',
  name: 'github_merge',
  service: 'github',
  tags: ['pulls'],
  effect: 'write',
  method: 'PUT',
  host: 'api.github.com',
};

describe('the policies of an organization', () => {
  test('look into the arguments of a call, and hide nothing from a list because of them', () => {
    const set = setOf(examplePolicies);
    const ask = (given?: unknown, principal: Principal = someone) =>
      set.judge(principal, [], { resource: tool, arguments: given });
    expect(ask()).toEqual({ reason: 'allowed', policies: ['everybody'], dependOnArguments: ['main-is-protected'] });
    expect(ask({ branch: 'main' })).toMatchObject({ reason: 'policy_forbids', policies: ['main-is-protected'] });
    expect(ask({ branch: 'other' })).toMatchObject({ reason: 'allowed', policies: ['everybody'] });
    expect(ask({})).toMatchObject({ reason: 'allowed' });
    expect(ask({ branch: 'main' }, { ...someone, role: 'owner' })).toMatchObject({ reason: 'allowed' });
  });

  test('know what a tool does, where it belongs, and who acts', () => {
    const heads: readonly (readonly [string, boolean])[] = [
      ['principal is Key, action, resource in Effect::"write"', true],
      ['principal in Role::"developer", action == Action::"call", resource in Tag::"pulls"', true],
      ['principal == Key::"k1", action in [Action::"call"], resource is Tool in Service::"github"', true],
      ['principal in User::"u1", action, resource == Tool::"github_merge"', true],
      ['principal is Agent, action, resource', false],
      ['principal in KeyType::"agent", action, resource', false],
      ['principal, action, resource in Effect::"destructive"', false],
      ['principal, action, resource is Operation', false],
      ['principal in Role::"owner", action, resource', false],
    ];
    for (const [head, forbidden] of heads) {
      const { reason } = setOf(`${permitAll}@id("no") forbid(${head});`).judge(someone, [], { resource: tool });
      expect([head, reason === 'policy_forbids']).toEqual([head, forbidden]);
    }
  });

  test('that fail to be evaluated forbid', () => {
    const set = setOf(
      `${permitAll}@id("overflows") forbid(principal, action, resource)
       when { context.numbers.hasTag("n") && context.numbers.getTag("n") * 9007199254740991 * 9007199254740991 == 0 };`,
    );
    expect(set.judge(someone, [], { resource: tool, arguments: { n: 2000 } })).toMatchObject({
      reason: 'policy_failed',
      policies: ['overflows'],
    });
  });

  test('tell tools apart that only a condition tells apart, asked one after the other', () => {
    const set = setOf(
      `${permitAll}@id("no-merge") forbid(principal, action, resource)
       when { resource is Tool && resource.name like "*_merge" && resource.host == "api.github.com" };`,
    );
    const reasonOf = (rest: Partial<ToolResource>) => set.judge(someone, [], { resource: { ...tool, ...rest } }).reason;
    expect([{}, { name: 'github_read' }, { host: 'git.example.com' }, {}].map(reasonOf)).toEqual([
      'policy_forbids',
      'allowed',
      'allowed',
      'policy_forbids',
    ]);
  });

  test('see whole numbers, lists and feature flags', () => {
    const set = setOf(
      `${permitAll}@id("much") forbid(principal, action, resource)
        when { context.numbers.hasTag("order.count") && context.numbers.getTag("order.count") > 10 };
       @id("labels") forbid(principal, action, resource)
        when { context.lists.hasTag("labels") && context.lists.getTag("labels").contains("security") };
       @id("frozen") forbid(principal, action, resource) when { context.flags.contains("freeze") };`,
    );
    const rule = (given: unknown, flags: readonly string[] = []) =>
      set.judge(someone, flags, { resource: tool, arguments: given }).policies;
    expect(rule({ order: { count: 11 } })).toEqual(['much']);
    expect(rule({ order: { count: 10 } })).toEqual(['all']);
    expect(rule({ labels: ['a', 'security'] })).toEqual(['labels']);
    expect(rule({}, ['freeze'])).toEqual(['frozen']);
  });
});

describe('a text of policies', () => {
  const issuesOf = (text: string) => compilePolicies(cedar, text).issues;

  test('is told what is wrong with it, by line and column', () => {
    expect(issuesOf('@id("ä") permit(principal, action, resource);\n  forbid(principal')).toMatchObject([{ line: 2 }]);
    expect(issuesOf('@id("a")\npermit(principal, action, resource) when { resource.nme == "x" };')).toMatchObject([
      { line: 2, column: 44, help: 'did you mean `name`?' },
      { line: 2, column: 44 },
    ]);
    expect(issuesOf('@id("a") permit(principal in Role::"boss", action, resource);')).toMatchObject([
      { line: 1, column: 30, message: expect.stringMatching(/^entity `Role::"boss"`/u) },
    ]);
    const unguarded = 'when { context.arguments.getTag("branch") == "main" }';
    expect(issuesOf(`@id("a") permit(principal, action, resource) ${unguarded};`)).toHaveLength(1);
  });

  test.each([
    ['permit(principal, action, resource);', 'no @id'],
    ['@id("a b") permit(principal, action, resource);', 'cannot be used'],
    ['@id("a") permit(principal, action, resource); @id("a") permit(principal, action, resource);', 'another policy'],
    ['@id("a") forbid(principal, action, resource);', 'permits anything'],
    ['@id("a") permit(principal, action, resource) when { 9007199254740993 > 5 };', 'a number beyond'],
    ['@id("a") permit(principal == ?principal, action, resource);', 'template'],
  ])('%s is refused', (text, why) => {
    expect(issuesOf(text).map(({ message }) => message)).toEqual([expect.stringContaining(why)]);
  });

  test('may be empty', () => {
    expect(compilePolicies(cedar, ' \n')).toEqual({ policies: [], issues: [] });
  });
});

describe('the arguments that policies see', () => {
  test('are the same whether all are taken or those that are named', () => {
    fc.assert(
      fc.property(fc.object({ key: fc.constantFrom('a', 'b', 'a.b', '\\', '__proto__', ''), maxDepth: 3 }), (given) => {
        const all = argumentValues(given, 'all');
        const paths = [...Object.keys(all.arguments), ...Object.keys(all.lists)];
        const named = argumentValues(given, [...paths, 'missing']);
        expect({ ...named.arguments }).toEqual({ ...all.arguments });
        expect({ ...named.lists }).toEqual({ ...all.lists });
      }),
    );
  });

  test('cannot pass for nested ones', () => {
    const { arguments: texts } = argumentValues({ 'head.ref': 'x', head: { ref: 'main' } }, 'all');
    expect({ ...texts }).toEqual({ 'head\\.ref': 'x', 'head.ref': 'main' });
  });

  test('that are too many or too deep are refused, not left out', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 100; level++) deep = { deep };
    expect(() => argumentValues(deep, 'all')).toThrow(/too many/u);
    expect(() => argumentValues({ list: Array.from({ length: 6_000 }, String) }, 'all')).toThrow(/too many/u);
  });
});

const heads = fc
  .tuple(
    fc.constantFrom('principal', 'principal is Agent', 'principal in Role::"developer"', 'principal == Key::"k1"'),
    fc.constantFrom('action', 'action == Action::"call"'),
    fc.constantFrom(
      'resource',
      'resource in Service::"github"',
      'resource is Operation',
      'resource is Tool in Effect::"read"',
      'resource == Tool::"github_read"',
    ),
  )
  .map((parts) => parts.join(', '));
const conditions = fc.constantFrom(
  '',
  'when { resource.name like "github_*" }',
  'when { context.flags.contains("freeze") }',
  'unless { principal in Role::"owner" || principal is Agent }',
  'when { context.arguments.hasTag("branch") && context.arguments.getTag("branch") == "main" }',
  'unless { context.arguments.hasTag("branch") }',
  'when { context.arguments.hasTag(resource.name) }',
  'when { context.numbers.hasTag("n") && context.numbers.getTag("n") * 9007199254740991 * 9007199254740991 > 5 }',
);
const policyTexts = (effect: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(effect, heads, conditions), { minLength: 1, maxLength: 6 })
    .map((list) => list.map(([kind, head, rest], n) => `@id("p${String(n)}") ${kind}(${head}) ${rest};`).join('\n'));
const texts = policyTexts(fc.constantFrom('permit', 'forbid')).map((text) => `${permitAll}${text}`);
const principals = fc.record({
  tenantId: fc.constant('t'),
  keyId: fc.constantFrom('k1', 'k2'),
  keyType: fc.constantFrom(...keyTypes),
  scopes: fc.constant([]),
  agentId: fc.constantFrom(undefined, 'a1'),
  userId: fc.constantFrom(undefined, 'u1'),
  role: fc.constantFrom(undefined, ...roles),
  via: fc.constantFrom('key' as const, 'sign-in' as const),
});
const resources: fc.Arbitrary<Question['resource']> = fc.oneof(
  fc.record({
    kind: fc.constant('tool' as const),
    name: fc.constantFrom('github_read', 'jira_read'),
    service: fc.constantFrom('github', 'jira'),
    tags: fc.constantFrom([], ['pulls']),
    effect: fc.constantFrom('read' as const, 'write' as const, 'destructive' as const),
    method: fc.constant('GET'),
    host: fc.constant('h'),
  }),
  fc.record({ kind: fc.constant('operation' as const), operation: fc.constantFrom(...allOperations) }),
);
const flags = fc.constantFrom([], ['freeze']);
const givens = fc.constantFrom({}, { branch: 'main' }, { branch: 'x', n: 2000 }, { github_read: true }, { n: -3000 });

/** Asks Cedar for all of it at once: no index of heads, nothing remembered, every entity and argument. */
function oracle(text: string, principal: Principal, on: readonly string[], { resource, arguments: given }: Question) {
  const [who, what] = [principalEntity(principal), resourceEntity(resource)];
  const values = argumentValues(given, 'all');
  const tagged = { Arguments: values.arguments, Numbers: values.numbers, Lists: values.lists };
  const answer = cedar.isAuthorized({
    principal: who.name,
    action: { type: 'Action', id: 'call' },
    resource: what.name,
    schema: cedarSchema,
    validateRequest: true,
    policies: { staticPolicies: text },
    context: {
      ...Object.fromEntries(Object.keys(tagged).map((type) => [type.toLowerCase(), { __entity: { type, id: 'x' } }])),
      flags: [...on],
    },
    entities: [
      { uid: who.name, attrs: { ...who.attributes }, parents: [...who.groups] },
      { uid: what.name, attrs: { ...what.attributes }, parents: [...what.groups] },
      ...Object.entries(tagged).map(([type, tags]) => ({
        uid: { type, id: 'x' },
        attrs: {},
        parents: [],
        tags: tags as Record<string, never>,
      })),
    ],
  });
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
  const { decision, diagnostics } = answer.response;
  const lines = text.split('\n');
  const failed = diagnostics.errors.map(({ policyId }) => lines[Number(policyId.slice('policy'.length))] ?? '');
  return decision === 'allow' && !failed.some((line) => line.includes(') forbid('));
}

describe('whatever the policies', () => {
  test('the answer is that of the engine asked for all at once', () => {
    fc.assert(
      fc.property(texts, principals, flags, resources, givens, (text, principal, on, resource, given) => {
        const set = setOf(text);
        const question = { resource, arguments: given };
        for (const again of ['first', 'from memory']) {
          const { reason } = set.judge(principal, on, question);
          expect([again, reason === 'allowed']).toEqual([again, oracle(text, principal, on, question)]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('what is remembered of one who asks is no answer to another', () => {
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.tuple(principals, flags, resources, givens), { minLength: 4, maxLength: 12 }),
        (text, asks) => {
          const shared = setOf(text);
          for (const [principal, on, resource, given] of asks) {
            for (const question of [{ resource }, { resource, arguments: given }]) {
              expect(shared.judge(principal, on, question)).toEqual(setOf(text).judge(principal, on, question));
            }
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  test('what a list hides is refused in every call, and each denial names what denies', () => {
    const property = fc.property(
      fc.tuple(texts, principals, flags, resources, givens),
      ([text, principal, on, resource, given]) => {
        const set = setOf(text);
        const listed = set.judge(principal, on, { resource });
        const called = set.judge(principal, on, { resource, arguments: given });
        const named = [listed, called].every(
          ({ reason, policies }) => reason === 'policy_permits_nothing' || policies.length > 0,
        );
        return named && (listed.reason === 'allowed' || called.reason !== 'allowed');
      },
    );
    expect(fc.check(property, { numRuns: 60 }).counterexample).toBeNull();
  });

  test('one prohibition more never allows more', () => {
    const more = fc.tuple(heads, conditions).map(([head, rest]) => `@id("more") forbid(${head}) ${rest};`);
    const property = fc.property(
      fc.tuple(texts, more, principals, flags, resources, givens),
      ([text, forbid, principal, on, resource, given]) =>
        [{ resource }, { resource, arguments: given }].every((question) => {
          const before = setOf(text).judge(principal, on, question);
          const after = setOf(`${text}\n${forbid}`).judge(principal, on, question);
          return before.reason === 'allowed' || after.reason !== 'allowed';
        }),
    );
    expect(fc.check(property, { numRuns: 40 }).counterexample).toBeNull();
  });
});
