import type { MeshError } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardedPattern, isCheap } from './cheap-pattern.ts';
import { createArgumentValidator } from './validate-arguments.ts';

const schema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    state: { enum: ['open', 'closed'] },
    label: { $ref: '#/$defs/Label' },
    tag: { type: 'string', pattern: '^(a+)+$' },
    code: { type: 'string', pattern: '^[a-z]+$' },
  },
  required: ['id'],
  additionalProperties: false,
  $defs: { Label: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
};

describe('validation of arguments', () => {
  const validator = createArgumentValidator();
  const issuesOf = (values: Record<string, unknown>): unknown => {
    try {
      validator.check('one', schema, values);
      return [];
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_request' });
      return (error as MeshError).issues;
    }
  };

  it('passes what fits', () => {
    expect(issuesOf({ id: 1, state: 'open', label: { name: 'x' } })).toEqual([]);
  });

  it('says all that is wrong, where, and what would be right', () => {
    expect(issuesOf({ state: 'ajar', label: {}, nmae: 1, code: '1' })).toEqual(
      expect.arrayContaining([
        { path: 'body.arguments.id', message: 'is required' },
        { path: 'body.arguments.state', message: 'must be one of ["open","closed"]' },
        { path: 'body.arguments.label.name', message: 'is required' },
        {
          path: 'body.arguments.nmae',
          message: 'is not an argument of this tool; it takes id, state, label, tag, code',
        },
        { path: 'body.arguments.code', message: 'must match pattern "^[a-z]+$"' },
      ]),
    );
  });

  it('does not take inherited properties for given ones', () => {
    const inherited = { type: 'object', properties: {}, required: ['constructor'] };
    expect(() => {
      validator.check('two', inherited, {});
    }).toThrowError(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('leaves patterns that could run for ever to the service', () => {
    expect(issuesOf({ id: 1, tag: `${'a'.repeat(40)}!` })).toEqual([]);
  });
});

describe('the guard on patterns', () => {
  it.each(['(a+)+$', '^(a|a)*$', '(a{1,50}){1,50}', '(.*a){12}', 'a?a?a?a?aaaa', '(a)\\1+', '(?:a*)*', '(?<x>a+)+'])(
    'does not run %s',
    (pattern) => {
      expect(isCheap(pattern)).toBe(false);
      expect(guardedPattern(pattern, 'u').test('!')).toBe(true);
    },
  );

  it.each(['^[a-z]+$', '^[^@]+@[^@]+$', '^\\d{3}-\\d{4}$', '^(open|closed)$', '^[+*?(){}]$', '\\(\\)\\+'])(
    'runs %s',
    (pattern) => {
      expect(isCheap(pattern)).toBe(true);
    },
  );

  it('agrees with the plain engine on short texts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('^[a-z]+$', '^a{2,3}b*$', '^(x|y)$'),
        fc.string({ maxLength: 8 }),
        (pattern, text) => {
          expect(guardedPattern(pattern, 'u').test(text)).toBe(new RegExp(pattern, 'u').test(text));
        },
      ),
    );
  });
});
