import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { document, read } from '../reading/reading.fixture.ts';
import { condensed, oneLine, shorten, visible } from './clean-text.ts';

// What is read and not seen: controls, bidirectional marks, no width, tags, variation selectors.
const unseen = [
  '\u0000',
  '\u001B',
  '\u0085',
  '\u200B',
  '\u200D',
  '\u200F',
  '\u202E',
  '\u2066',
  '\u2028',
  '\uFEFF',
  '\uFE0F',
  '\u{E0041}',
  '\u{E0100}',
  '\uD800',
];

describe('texts of documents', () => {
  it('keep nothing that is not seen, wherever a document hides it [tools.hidden-text]', () => {
    const evil = `x${unseen.join('')}y`;
    const schema = { title: evil, description: evil, type: 'object', properties: { p: { description: evil } } };
    const operation = {
      operationId: evil,
      summary: evil,
      description: evil,
      tags: [evil],
      parameters: [{ name: 'q', in: 'query', description: evil, schema }],
      responses: { 200: { description: evil, content: { 'application/json': { schema } } } },
    };
    const reading = read(document({ '/a': { post: operation } }, { info: { title: evil, version: evil } }));
    const [tool] = reading.tools;
    const shown = JSON.stringify({ ...tool, head: reading.head });
    for (const character of unseen) expect(shown).not.toContain(JSON.stringify(character).slice(1, -1));
    expect(tool?.name).toBe('shop_x_y');
    expect(tool?.title).toBe('x y');
  });

  it('are clean once, and stay so', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(visible(text))).toBe(visible(text));
        expect(visible(text).replaceAll(/[\t\n]/gu, '')).not.toMatch(/\p{Cf}|\p{Cs}|\p{Cc}/u);
        expect(oneLine(text)).not.toMatch(/\n/u);
      }),
    );
  });

  it.each([
    ['## Make\n\nA **new** [pet](https://x.example/y "z").', 'Make\n\nA new pet.'],
    ['<p>Makes <b>a</b> pet.</p><ul><li>one</li><li>two</li></ul>', 'Makes a pet.\n\n- one\n\n- two'],
    ['<script>alert(1)</script>Safe<!-- hidden order --><style>x{}</style>', 'Safe'],
    ['Send `Bearer <token>` if 1 < 2 &amp; 3 > 2', 'Send `Bearer <token>` if 1 < 2 & 3 > 2'],
    ['![logo](x.png) text\n\n\n\n---\n\nmore', 'logo text\n\nmore'],
    ['| a | b |\n|---|:-:|\n| 1 | 2 |', '| a | b |\n\n| 1 | 2 |'],
    ['a_b__c__d * 2 ** 3', 'a_b__c__d * 2 ** 3'],
  ])('%j says %j', (text, said) => {
    expect(condensed(text)).toBe(said);
  });

  it('are cut at a word, within the bound, and never within a letter', () => {
    expect(shorten('one two three four', 16)).toBe('one two three…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, longest) => {
        const short = shorten(text, longest);
        expect(short.length).toBeLessThanOrEqual(longest);
        expect(short).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});
