import * as fc from 'fast-check';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { fileSchema, parseFile } from './file-argument.ts';

describe('a file argument', () => {
  it('gives back the bytes that base64 holds, in either alphabet and with line breaks', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom<BufferEncoding>('base64', 'base64url'), (bytes, alphabet) => {
        const text = Buffer.from(bytes).toString(alphabet);
        const broken = text.replaceAll(/.{10}/gu, '$&\r\n');
        const file = parseFile({ base64: broken, fileName: 'a.bin', mediaType: 'image/png' }, 'file');
        expect({ ...file, bytes: [...file.bytes] }).toEqual({
          bytes: [...bytes],
          fileName: 'a.bin',
          mediaType: 'image/png',
          text: false,
        });
      }),
    );
  });

  it('takes a string for the text of the file', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const file = parseFile(text, 'file');
        expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.bytes)).toBe(text);
        expect(file.text).toBe(true);
      }),
    );
  });

  it.each([
    [{}, 'body.arguments.file.base64'],
    [{ base64: 'a' }, 'body.arguments.file.base64'],
    [{ base64: 'ab%d' }, 'body.arguments.file.base64'],
    [{ base64: '', fileName: 'x'.repeat(256) }, 'body.arguments.file.fileName'],
    [{ base64: '', mediaType: 'image/png\r\nx-admin: 1' }, 'body.arguments.file.mediaType'],
    [{ base64: '', mediaType: 'png' }, 'body.arguments.file.mediaType'],
    [7, 'body.arguments.file'],
  ])('refuses %j and says where', (value, path) => {
    expect(() => parseFile(value, 'file')).toThrowError(
      expect.objectContaining({ code: 'invalid_request', issues: [expect.objectContaining({ path })] }),
    );
  });

  it('refuses a long row of padding at once', () => {
    // Takes the square of its length, minutes, where the end is looked for first.
    expect(() => parseFile({ base64: `${'='.repeat(400_000)}x` }, 'file')).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('has a schema that takes what is parsed', () => {
    const fits = new Ajv2020({ strict: false }).compile(fileSchema('A picture.'));
    expect([fits('text'), fits({ base64: 'AA==', fileName: 'a', mediaType: 'image/png' })]).toEqual([true, true]);
    expect([fits({}), fits(7), fits({ base64: 'AA==', name: 'a' })]).toEqual([false, false, false]);
  });
});
