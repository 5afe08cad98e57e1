import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleArguments } from './example-arguments.ts';

describe('example arguments', () => {
  it('hold every required property and no other', () => {
    const schema = {
      type: 'object',
      required: ['id', 'state', 'labels', 'body'],
      properties: {
        id: { type: 'integer', minimum: 1 },
        state: { enum: ['open', 'closed'] },
        labels: { type: 'array' },
        body: { type: 'object', required: ['text'], properties: { text: { type: ['string', 'null'] }, note: {} } },
        extra: { type: 'string' },
      },
    };
    expect(exampleArguments(schema)).toEqual({ id: 1, state: 'open', labels: [], body: { text: '' } });
  });

  it('take what the schema offers before inventing a value', () => {
    const properties = { a: { const: 7 }, b: { type: 'string', default: 'x' }, c: { examples: ['y', 'z'] } };
    expect(exampleArguments({ type: 'object', required: ['a', 'b', 'c'], properties })).toEqual({
      a: 7,
      b: 'x',
      c: 'y',
    });
  });

  it('end for a schema that contains itself', () => {
    const node: Record<string, unknown> = { type: 'object', required: ['child'] };
    node['properties'] = { child: node };
    expect(() => exampleArguments(node)).not.toThrow();
  });

  it('are an object for any JSON taken as a schema', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (schema) => {
        expect(JSON.parse(JSON.stringify(exampleArguments(schema)))).toBeTypeOf('object');
      }),
    );
  });
});
