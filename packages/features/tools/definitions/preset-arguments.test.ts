import { describe, expect, it } from 'vitest';
import { misfitOf, withPreset } from './preset-arguments.ts';

describe('arguments that an organization sets', () => {
  it('cannot be given where they are fixed, also where the tool takes any argument [tools.fixed-arguments]', () => {
    const preset = { fixed: { project: 'mesh' }, defaults: { size: 1 } };
    expect(() => withPreset(preset, { project: 'other' })).toThrow(/project is fixed/u);
    expect(() => withPreset(preset, { project: 'mesh' })).toThrow(/project is fixed/u);
    expect(withPreset(preset, { size: 2, more: true })).toEqual({ project: 'mesh', size: 2, more: true });
  });

  it.each(['anyOf', 'allOf', 'if', 'dependentRequired', 'minProperties', '$ref'])(
    'are refused where arguments depend on each other: %s',
    (keyword) => {
      const schema = { type: 'object', properties: { a: { type: 'string' } } } as const;
      expect(misfitOf(schema, { fixed: { a: 'x' }, defaults: {} })).toBeUndefined();
      const dependent = { ...schema, [keyword]: keyword === 'minProperties' ? 1 : {} };
      expect(misfitOf(dependent, { fixed: { a: 'x' }, defaults: {} })).toContain(keyword);
    },
  );
});
