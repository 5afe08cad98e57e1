import { describe, expect, it } from 'vitest';
import { argumentsFor } from './tool-arguments.fixture.ts';

describe('generated arguments', () => {
  const generated = (schema: object) => argumentsFor(JSON.stringify({ type: 'object', ...schema }));

  it('give no optional part whose schema names members and does not say what they hold', () => {
    const $defs = { Open: { type: 'object', required: ['a'], description: 'Any.' }, Free: { type: 'object' } };
    const properties = {
      one: { $ref: '#/$defs/Open' },
      many: { type: 'array', items: { $ref: '#/$defs/Open' } },
      free: { $ref: '#/$defs/Free' },
    };
    expect(generated({ properties, $defs })('most')).toEqual({ free: {} });
  });

  it('end recursion where a list may be empty', () => {
    const Tree = {
      type: 'object',
      required: ['name', 'parts'],
      properties: { name: { const: 'x' }, parts: { type: 'array', items: { $ref: '#/$defs/Tree' } } },
    };
    const text = JSON.stringify(generated({ properties: { tree: { $ref: '#/$defs/Tree' } }, $defs: { Tree } })('most'));
    expect(text).toContain('"parts":[{');
    expect(text).not.toContain('{}');
  });
});
