import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodyBinding } from './binding.ts';
import { encodeBody, type EncodedBody } from './encode-body.ts';

const encode = (binding: BodyBinding, values: Record<string, unknown>): EncodedBody => {
  const encoded = encodeBody(binding, values);
  if (encoded === undefined) throw new Error('there is no body');
  return encoded;
};

const read = ({ contentType, content }: EncodedBody): Response =>
  new Response(content as string, { headers: { 'content-type': contentType } });

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }).filter((given) => given !== '__proto__');

describe('a form', () => {
  const form = (parts: BodyBinding['parts'] = {}): BodyBinding => ({
    mediaType: 'application/x-www-form-urlencoded',
    encoding: 'form',
    argument: 'body',
    parts,
  });
  const sent = (value: unknown, parts: BodyBinding['parts'] = {}): string =>
    decodeURIComponent(String(encode(form(parts), { body: value }).content).replaceAll('+', ' '));

  it('holds any fields, as an independent reader finds them', async () => {
    const field = fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, field, { minKeys: 1, noNullPrototype: true }), async (fields) => {
        const data = await read(encode(form(), { body: fields })).formData();
        for (const [key, value] of Object.entries(fields)) expect(data.getAll(key)).toEqual([value].flat());
        expect(new Set(data.keys())).toEqual(new Set(Object.keys(fields)));
      }),
    );
  });

  it.each([
    ['objects as JSON', { a: { b: [1] } }, {}, 'a={"b":[1]}'],
    ['objects of a list as JSON each', { a: [{ b: 1 }, { b: 2 }] }, {}, 'a={"b":1}&a={"b":2}'],
    ['by content type', { a: ['x'] }, { a: { contentType: 'application/json' } }, 'a=["x"]'],
    ['by style', { a: { b: { c: 1 } } }, { a: { style: 'deepObject', explode: true } }, 'a[b][c]=1'],
    ['as one field where it does not explode', { a: [1, 2] }, { a: { explode: false } }, 'a=1,2'],
    ['spread where it explodes', { a: { b: 1 } }, { a: { explode: true } }, 'b=1'],
    ['by pipes', { a: [1, 2] }, { a: { style: 'pipeDelimited' } }, 'a=1|2'],
    ['without null', { a: null, b: false }, {}, 'b=false'],
    ['a file as its text', { a: { base64: 'aGk=' } }, { a: { file: true as const } }, 'a=hi'],
  ])('writes %s', (_what, value, parts, expected) => {
    expect(sent(value, parts)).toBe(expected);
  });

  it('writes a space as a plus and a plus encoded', () => {
    expect(encode(form(), { body: { 'a b': '1 + 1' } }).content).toBe('a+b=1+%2B+1');
  });

  it('is made of arguments under the names of the service', () => {
    const binding: BodyBinding = {
      mediaType: 'application/x-www-form-urlencoded',
      encoding: 'form',
      properties: { user_name: 'user name', x: 'y' },
    };
    expect(encode(binding, { user_name: 'Ada', z: 1 }).content).toBe('user+name=Ada');
  });

  it('says where half a character is', () => {
    expect(() => encode(form(), { body: { a: '\uD800' } })).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        issues: [expect.objectContaining({ path: 'body.arguments.body.a' })],
      }),
    );
  });
});

describe('a multipart body', () => {
  const multipart = (parts: BodyBinding['parts'] = {}): BodyBinding => ({
    mediaType: 'multipart/form-data',
    encoding: 'multipart',
    argument: 'body',
    parts,
  });

  it('holds any fields and files, as an independent reader finds them [tools.styles]', async () => {
    const file = fc.record({
      bytes: fc.uint8Array({ maxLength: 200 }),
      fileName: text,
      type: fc.constantFrom('image/png', 'text/csv'),
    });
    const fields = fc.dictionary(name, text, { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fields, name, file, async (given, fileField, { bytes, fileName, type }) => {
        const upload = { base64: Buffer.from(bytes).toString('base64'), fileName, mediaType: type };
        const values = { body: { ...given, [fileField]: upload } };
        const data = await read(encode(multipart({ [fileField]: { file: true } }), values)).formData();
        const asSent = (written: string): string =>
          written.replaceAll(/[\p{Cc}"]/gu, (character) =>
            character > '\u007F' ? character : encodeURIComponent(character),
          );
        for (const [key, value] of Object.entries(given)) {
          if (key === fileField || asSent(key) !== key) continue;
          expect(data.getAll(key)).toEqual([value]);
        }
        const received = [...data.values()].filter((entry): entry is File => typeof entry !== 'string');
        expect(received).toHaveLength(1);
        expect([...new Uint8Array(await (received[0] as File).arrayBuffer())]).toEqual([...bytes]);
        expect(received[0]?.type).toBe(type);
        expect(received[0]?.name).not.toMatch(/[/\\\r\n]/u);
      }),
    );
  });

  it('lets no name of a field or file end its header', () => {
    const evil = 'a"\r\nContent-Type: text\r\n\r\n<x>';
    const values = { body: { [evil]: { base64: '', fileName: evil } } };
    const body = Buffer.from(encode(multipart({ [evil]: { file: true } }), values).content).toString('utf8');
    const [head = ''] = body.split('\r\n\r\n');
    expect(head.split('\r\n')).toHaveLength(3);
    expect(head).toContain('name="a%22%0D%0AContent-Type: text%0D%0A%0D%0A<x>"');
    expect(head).toContain('filename="a%22');
  });

  it('keeps names in UTF-8 and takes folders off the names of files', async () => {
    const values = { body: { f: { base64: 'AA==', fileName: 'C:\\Users\\Ада/фото.png' } } };
    const data = await read(encode(multipart({ f: { file: true } }), values)).formData();
    expect(data.get('f')).toMatchObject({ name: 'фото.png' });
  });

  it('gives parts their types: declared, named by the file, or by what they are', async () => {
    const parts = {
      meta: { contentType: 'application/vnd.x+json' },
      note: { contentType: 'text/markdown' },
      picture: { contentType: 'image/png, image/jpeg', file: true as const },
      given: { contentType: 'image/*', file: true as const },
      any: { file: true as const },
      script: { file: true as const },
    };
    const value = {
      meta: 'x',
      note: '# n',
      plain: 1,
      nested: { a: 1 },
      picture: { base64: '' },
      given: { base64: '', mediaType: 'image/gif' },
      any: { base64: '' },
      script: 'echo',
    };
    const body = Buffer.from(encode(multipart(parts), { body: value }).content).toString('utf8');
    const typeOf = (field: string): string | undefined =>
      new RegExp(`name="${field}"[^\\r]*\\r\\n(?:Content-Type: ([^\\r]*)\\r\\n)?\\r\\n`, 'u').exec(body)?.[1];
    expect(Object.keys(value).map(typeOf)).toEqual([
      'application/vnd.x+json',
      'text/markdown',
      undefined,
      'application/json',
      'image/png',
      'image/gif',
      'application/octet-stream',
      'text/plain; charset=utf-8',
    ]);
    expect(body).toContain('\r\n\r\n"x"\r\n');
  });

  it('sends each item of a list as a part, files too, and leaves null out', async () => {
    const values = { body: { tags: ['a', 'b'], files: ['one', { base64: 'dHdv' }], none: null } };
    const data = await read(encode(multipart({ files: { file: true } }), values)).formData();
    expect(data.getAll('tags')).toEqual(['a', 'b']);
    expect(await Promise.all(data.getAll('files').map((file) => (file as File).text()))).toEqual(['one', 'two']);
    expect(data.has('none')).toBe(false);
  });

  it('follows a style where one is declared', async () => {
    const values = { body: { filter: { 'a b': 'c d' } } };
    const data = await read(encode(multipart({ filter: { style: 'deepObject', explode: true } }), values)).formData();
    expect([...data]).toEqual([['filter[a b]', 'c d']]);
  });

  it('says where a file is none', () => {
    expect(() => encode(multipart({ f: { file: true } }), { body: { f: { base64: '%' } } })).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        issues: [expect.objectContaining({ path: 'body.arguments.body.f.base64' })],
      }),
    );
  });

  it('has no dispositions of forms where it is no form', () => {
    const binding: BodyBinding = { mediaType: 'multipart/related', encoding: 'multipart', argument: 'body' };
    const { contentType, content } = encode(binding, { body: [{ name: 'x' }, 'text'] });
    expect(contentType).toMatch(/^multipart\/related; boundary=/u);
    const body = Buffer.from(content).toString('utf8');
    expect(body).not.toMatch(/form-data/u);
    expect(body).toContain('Content-Type: application/json\r\n\r\n{"name":"x"}\r\n');
  });
});

describe('other bodies', () => {
  const body = (mediaType: string, encoding: BodyBinding['encoding'], value: unknown): EncodedBody =>
    encode({ mediaType, argument: 'body', ...(encoding === undefined ? {} : { encoding }) }, { body: value });

  it('are bytes as they were given', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const sent = body('application/octet-stream', 'bytes', { base64: Buffer.from(bytes).toString('base64') });
        expect([...(sent.content as Uint8Array)]).toEqual([...bytes]);
        expect(sent.contentType).toBe('application/octet-stream');
      }),
    );
  });

  it.each([
    ['image/*', { base64: '', mediaType: 'image/png' }, 'image/png'],
    ['*/*', { base64: '' }, 'application/octet-stream'],
    ['*/*', 'text', 'text/plain; charset=utf-8'],
    ['application/zip', { base64: '', mediaType: 'text/html' }, 'application/zip'],
  ])('of %s are sent as %j says', (declared, value, expected) => {
    expect(body(declared, 'bytes', value).contentType).toBe(expected);
  });

  it.each([
    ['application/xml', '<a>ж</a>', 'application/xml', '<a>ж</a>'],
    ['text/plain', 'abc', 'text/plain', 'abc'],
    ['text/plain', 'ж', 'text/plain; charset=utf-8', 'ж'],
    ['text/plain; charset=utf-8', 'ж', 'text/plain; charset=utf-8', 'ж'],
    ['text/*', 7, 'text/plain', '7'],
  ])('of %s are the text as it stands', (declared, value, contentType, content) => {
    expect(body(declared, 'text', value)).toEqual({ contentType, content });
  });

  it.each([
    ['application/json', '"a"', '"\\"a\\""'],
    ['application/*', [1], '[1]'],
    ['application/x-ndjson', [{ a: 1 }, 2], '{"a":1}\n2\n'],
    ['application/json-seq', [1, 2], '\u001E1\n\u001E2\n'],
  ])('of %s are JSON', (declared, value, content) => {
    expect(body(declared, undefined, value).content).toBe(content);
  });

  it('are refused when they are too large', () => {
    const large = 'x'.repeat(33_600_000);
    for (const send of [
      () => body('application/json', 'json', large),
      () => body('text/plain', 'text', 'ж'.repeat(16_800_000)),
      () => body('application/octet-stream', 'bytes', large),
    ]) {
      expect(send).toThrowError(expect.objectContaining({ code: 'too_large' }));
    }
  });

  it('are absent where their argument is', () => {
    for (const encoding of ['json', 'form', 'multipart', 'text', 'bytes'] as const) {
      expect(encodeBody({ mediaType: 'x/y', encoding, argument: 'body' }, {})).toBeUndefined();
    }
  });
});
