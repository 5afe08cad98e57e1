import { MeshError } from '@devmesh/foundation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultsOf, holds, type Condition, type Facts } from './condition.ts';

const facts = (payload: Record<string, unknown>): Facts => ({
  source: 'github',
  event: 'push',
  action: 'opened',
  payload,
});
const about = facts({
  ref: 'refs/heads/main',
  count: 3,
  zero: 0,
  text: '3',
  none: null,
  draft: false,
  labels: ['bug', 'urgent'],
  commits: [
    { author: 'ann', added: ['a.ts'] },
    { author: 'bob', added: [] },
  ],
  owner: { login: 'acme' },
  constructor: null,
});
const path = (name: string) => ({ var: `payload.${name}` });

/** Whether a condition is told true or false, or why it cannot be. */
const told = (condition: Condition, of: Facts): boolean => {
  try {
    return typeof holds(condition, of) === 'boolean';
  } catch (error) {
    return error instanceof MeshError && !error.message.includes('cannot be evaluated');
  }
};

describe('conditions', () => {
  it.each<[Condition, boolean]>([
    [undefined, true],
    [null, true],
    [true, true],
    [false, false],
    [{ '==': [path('ref'), 'refs/heads/main'] }, true],
    [{ '==': [{ var: 'source' }, 'github'] }, true],
    [{ and: [{ '==': [{ var: 'event' }, 'push'] }, { '==': [{ var: 'action' }, 'opened'] }] }, true],
    [{ or: [{ '==': [path('ref'), 'x'] }, { '>': [path('count'), 2] }] }, true],
    [{ '==': [path('text'), 3] }, true],
    [{ '===': [path('text'), 3] }, false],
    [{ '==': [path('owner.login'), 'acme'] }, true],
    [{ '<': [1, path('count'), 5] }, true],
    [{ in: ['bug', path('labels')] }, true],
    [{ in: ['heads', path('ref')] }, true],
    [{ '==': [{ substr: [path('ref'), 0, 11] }, 'refs/heads/'] }, true],
    [{ '==': [{ substr: [path('ref'), -4] }, 'main'] }, true],
    [{ some: [path('commits'), { '==': [{ var: 'author' }, 'bob'] }] }, true],
    [{ all: [path('commits'), { in: [{ var: 'author' }, ['ann', 'bob']] }] }, true],
    [{ none: [path('labels'), { '==': [{ var: '' }, 'docs'] }] }, true],
    [{ '!': path('draft') }, true],
    [{ '!!': path('labels') }, true],
    [{ if: [path('draft'), false, true] }, true],
  ])('%j is %j', (condition, expected) => {
    expect(faultsOf(condition)).toEqual([]);
    expect(holds(condition, about)).toBe(expected);
  });

  it.each(['==', '!=', '===', '!==', '<', '<=', '>', '>=', 'in'])(
    'are false where `%s` meets something that the event does not have [automation.rules]',
    (operator) => {
      for (const value of [0, 5, '', 'main', false, true]) {
        for (const args of [
          [path('missing'), value],
          [value, path('missing.too')],
        ]) {
          expect(holds({ [operator]: args }, about)).toBe(false);
        }
      }
    },
  );

  it('can ask whether something is there', () => {
    const there = (name: string) => ({ '!=': [path(name), null] });
    expect([holds(there('ref'), about), holds(there('missing'), about), holds(there('none'), about)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(holds({ '==': [path('missing'), null] }, about)).toBe(true);
    expect(holds({ '==': [{ var: ['payload.missing', 'main'] }, 'main'] }, about)).toBe(true);
  });

  it.each<[Condition, string]>([
    [{ '>': [path('owner'), 3] }, 'cannot order an object and a number'],
    [{ '<': [path('ref'), 3] }, 'cannot order a text and a number'],
    [{ in: ['a', path('count')] }, 'not into a number'],
    [{ some: [path('ref'), true] }, 'not through a text'],
    [{ all: [path('owner'), true] }, 'not through an object'],
    [{ '==': [{ substr: [path('count'), 1] }, 'x'] }, 'not of a number'],
  ])('that cannot be told throw with the reason: %j', (condition, reason) => {
    expect(() => holds(condition, about)).toThrow(reason);
  });

  it.each<[Condition, string, string]>([
    [{ regex: [path('ref'), '(a+)+$'] }, 'condition', 'no operator "regex"'],
    [{ and: [true, { '==': [1, 2], '!=': [1, 2] }] }, 'condition.and.1', 'exactly one operator'],
    [{ and: [true, { constructor: [] }] }, 'condition.and.1', 'no operator'],
    [JSON.parse('{"__proto__":[1]}') as Condition, 'condition', 'no operator'],
    [{ '==': [path('a')] }, 'condition', '2 argument(s)'],
    [{ or: [{ '==': [{ var: 'payload.__proto__.x' }, 1] }] }, 'condition.or.0.==.0', 'not data'],
    [{ '==': [{ var: 'repository.name' }, 1] }, 'condition.==.0', 'must begin with'],
    [{ '==': [{ var: { var: 'event' } }, 1] }, 'condition.==.0', 'as a text'],
    [{ some: [path('a'), { some: [{ var: 'b' }, true] }] }, 'condition.some.1', 'within another loop'],
    [{ '==': ['x'.repeat(1_001), 1] }, 'condition.==.0', 'too long'],
    [{ in: [1, Array.from({ length: 300 }, () => 1)] }, 'condition', 'more than 200 parts'],
  ])('that cannot be used are refused with the place: %j', (condition, at, reason) => {
    const [issue] = faultsOf(condition);
    expect(issue?.path).toBe(at);
    expect(issue?.message).toContain(reason);
  });

  it('are refused beyond a depth', () => {
    let condition: Condition = true;
    for (let depth = 0; depth < 20; depth++) condition = { '!': condition };
    expect(faultsOf(condition)[0]?.message).toContain('deeper');
  });

  it('do not reach into prototypes, whatever the payload', () => {
    expect(holds({ '!!': [{ var: 'payload.toString' }] }, about)).toBe(false);
    expect(holds({ '!!': [{ var: 'payload.labels.length' }] }, { ...about, payload: { labels: {} } })).toBe(false);
    expect(holds({ and: [{ var: 'payload' }, true] }, about)).toBe(true);
  });

  it('never treat data as logic', () => {
    const planted = facts({ list: [{ '==': [1, 1] }], value: { or: [true] } });
    expect(holds({ '==': [path('value'), true] }, planted)).toBe(false);
    expect(holds({ some: [path('list'), { '==': [{ var: '' }, true] }] }, planted)).toBe(false);
  });

  it('are bounded in work', () => {
    const long = facts({ list: Array.from({ length: 200_000 }, (_, index) => index) });
    expect(() => holds({ some: [path('list'), { '<': [{ var: '' }, 0] }] }, long)).toThrow('too many steps');
    const wide = facts({ list: Array.from({ length: 30_000 }, () => 1), text: 'x'.repeat(1_000_000) });
    const search = { in: ['y', path('text')] };
    expect(() => holds({ or: Array.from({ length: 49 }, () => search) }, wide)).toThrow('too many steps');
  });

  it('that pass the check are told true or false, or throw a sentence, for any payload', () => {
    const leaf = fc.oneof(
      fc.constantFrom('payload.a', 'payload.b.c', 'payload', 'event').map((name) => ({ var: name })),
      fc.oneof(fc.integer(), fc.string({ maxLength: 5 }), fc.boolean(), fc.constant(null)),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .tuple(
            fc.constantFrom('==', '!=', '<', '>=', 'in', 'and', 'or', 'all', 'some', 'none'),
            tie('tree'),
            tie('tree'),
          )
          .map(([name, one, other]) => ({ [name]: [one, other] })),
        tie('tree').map((one) => ({ '!': [one] })),
      ),
    }));
    const payloads = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__'), fc.jsonValue());
    fc.assert(
      fc.property(tree, payloads, (condition, payload) => {
        if (faultsOf(condition as Condition).length > 0) return;
        expect(told(condition as Condition, facts(payload))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
