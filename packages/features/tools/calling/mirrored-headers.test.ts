import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMirrored, wrongMirroring } from './mirrored-headers.ts';

const wanting = (header: unknown, more: object = { type: 'string' }) => ({ ...more, 'x-mcp-header': header });
const withProperties = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

describe('an input schema that wants arguments in headers', () => {
  it.each([
    ['an empty name', withProperties({ a: wanting('') })],
    ['a name with a line', withProperties({ a: wanting('a\r\nb') })],
    ['no text as its name', withProperties({ a: wanting(1) })],
    ['a number', withProperties({ a: wanting('A', { type: 'number' }) })],
    ['an object', withProperties({ a: wanting('A', { type: 'object' }) })],
    ['two types', withProperties({ a: wanting('A', { type: ['string', 'null'] }) })],
    ['the same name twice', withProperties({ a: wanting('A'), b: withProperties({ c: wanting('a') }) })],
    ['the whole', wanting('A', { type: 'object' })],
    ['an item', withProperties({ a: { type: 'array', items: wanting('A') } })],
    ['an alternative', withProperties({}, { oneOf: [withProperties({ a: wanting('A') })] })],
    ['a definition', withProperties({}, { $defs: { a: wanting('A') } })],
    ['the rest', withProperties({}, { additionalProperties: wanting('A') })],
    ['a condition', withProperties({ a: withProperties({}, { if: withProperties({ b: wanting('A') }) }) })],
  ])('is wrong with %s [mcp.mirrored-headers]', (_what, schema) => {
    expect(wrongMirroring(schema)).toMatch(/header/u);
    // Nobody repeats anything of a tool that clients leave out.
    checkMirrored(schema, { a: 'x', b: { c: 'y' } }, {});
  });

  it('is right with strings, integers and booleans at any depth, and with a property of the name of the word', () => {
    const named = { 'x-mcp-header': { type: 'string' }, items: wanting('Items', { type: 'integer' }) };
    expect(wrongMirroring(withProperties({ ...named, a: withProperties({ b: wanting('B') }) }))).toBeUndefined();
  });
});

const schema = withProperties({
  text: wanting('Text'),
  whole: withProperties({ number: wanting('Number', { type: 'integer' }) }),
  yes: wanting('Yes', { type: 'boolean' }),
});
const refused = { code: 'header_mismatch' };
const refusalOf = (values: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string | null>>) => {
  try {
    checkMirrored(schema, values, headers);
    return 'none';
  } catch (error) {
    return error;
  }
};

describe('headers that repeat arguments', () => {
  const repeated = fc.record(
    {
      text: fc.option(fc.string({ unit: 'grapheme' })),
      whole: fc.record({ number: fc.maxSafeInteger() }, { requiredKeys: [] }),
      yes: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const headersOf = ({ text, whole, yes }: typeof repeated extends fc.Arbitrary<infer V> ? V : never) => {
    const all = { text, number: whole?.number, yes };
    const given = Object.entries(all).filter(([, value]) => value !== undefined && value !== null);
    return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  };

  it('are taken where they say the same, and refused where one differs, is missing or is too many [mcp.mirrored-headers]', () => {
    fc.assert(
      fc.property(repeated, fc.string(), (values, other) => {
        const headers = headersOf(values);
        expect(refusalOf(values, { ...headers, unknown: other })).toBe('none');
        const wrong = ['text', 'number', 'yes'].flatMap((name) => {
          const { [name]: said, ...rest } = headers;
          const differs = said !== other && !(name === 'number' && Number(said) === Number(other));
          return [
            ...(said === undefined ? [] : [rest]),
            ...(differs ? [{ ...headers, [name]: other }] : []),
            { ...headers, [name]: null },
          ];
        });
        for (const each of wrong) expect(refusalOf(values, each)).toMatchObject(refused);
      }),
    );
  });

  it('say numbers as numbers, and nothing of values that are no plain ones [mcp.mirrored-headers]', () => {
    expect(refusalOf({ whole: { number: 42 } }, { number: '42.0' })).toBe('none');
    for (const said of ['0x2A', '4.2e1', ' 42', '42n', '']) {
      expect(refusalOf({ whole: { number: 42 } }, { number: said })).toMatchObject(refused);
    }
    expect(refusalOf({ text: ['a'] }, { text: 'a' })).toMatchObject(refused);
    expect(refusalOf({ whole: 'text' }, {})).toBe('none');
  });
});
