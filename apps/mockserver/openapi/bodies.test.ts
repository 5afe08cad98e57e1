import { describe, expect, it } from 'vitest';
import { mockOf, multipart, withBody } from './mock.fixture.ts';

const schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 2 },
    id: { type: 'integer', readOnly: true },
    tags: { type: 'array', items: { type: 'string' } },
    size: { type: 'object', additionalProperties: false, properties: { w: { type: 'integer' } } },
    file: { type: 'string', format: 'binary' },
  },
};

describe('JSON bodies', () => {
  const call = mockOf(withBody('application/json', { schema }));
  const post = (body: string, type = 'application/json') =>
    call({ method: 'POST', headers: { 'content-type': type }, body });

  it.each<[body: string, places: readonly string[]]>([
    ['{"name":"ab"}', []],
    ['{"name":"a"}', ['body.name']],
    ['{}', ['body.name']],
    ['{"name":"ab","id":1}', ['body.id']],
    ['{"name":"ab","tags":["a",1]}', ['body.tags.1']],
    ['{"name":"ab","size":{"w":1,"h":2}}', ['body.size.h']],
    ['{"name":"ab"', ['body']],
    ['[]', ['body']],
    ['', ['body']],
  ])('%s', async (body, places) => {
    expect((await post(body)).places).toEqual(places);
  });

  it('have the declared media type', async () => {
    expect((await post('{"name":"ab"}', 'application/json; charset=utf-8')).status).toBe(200);
    expect((await post('{"name":"ab"}', 'text/plain')).places).toEqual(['header.content-type']);
    expect((await post('{"name":"ab"}', 'application/jsonx')).places).toEqual(['header.content-type']);
  });

  it('are given where they are required, and only where they are declared', async () => {
    expect((await call({ method: 'POST' })).places).toEqual(['body']);
    expect((await call({ method: 'POST', body: '{}' })).places).toEqual(['header.content-type']);
    const optional = mockOf(withBody('application/json', { schema }, false));
    expect((await optional({ method: 'POST' })).status).toBe(200);
    const none = mockOf({ '/x': { get: { responses: {} } } });
    expect((await none({ body: '{}', headers: { 'content-type': 'application/json' } })).places).toEqual(['body']);
  });

  it('fit types of other kinds that media ranges declare', async () => {
    const range = mockOf(withBody('application/vnd.x+json; version=2', { schema }));
    const send = (type: string) => range({ method: 'POST', headers: { 'content-type': type }, body: '{}' });
    expect((await send('application/vnd.x+json; version=2')).places).toEqual(['body.name']);
    expect((await send('application/vnd.x+json; version=1')).places).toEqual(['header.content-type']);
  });
});

describe('what only the server sets', () => {
  const ask = (document: object) => {
    const call = mockOf(withBody('application/json', { schema: document }), { openapi: '3.1.0' });
    return async (body: object) =>
      (await call({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }))
        .places;
  };

  it('is neither required nor taken, at any depth', async () => {
    const item = { type: 'object', required: ['id'], properties: { id: { type: 'integer', readOnly: true } } };
    const places = ask({ type: 'array', items: item });
    expect(await places([{}])).toEqual([]);
    expect(await places([{ id: 1 }])).toEqual(['body.0.id']);
  });

  it('is taken where another schema of the same value lets it be written or asks for it', async () => {
    const readOnly = { properties: { id: { type: 'integer', readOnly: true } } };
    const writable = ask({ allOf: [readOnly, { properties: { id: { type: 'integer' } } }] });
    expect(await writable({ id: 1 })).toEqual([]);
    const asked = ask({ allOf: [readOnly, { required: ['id'] }] });
    expect([await asked({ id: 1 }), await asked({})]).toEqual([[], []]);
  });
});

describe('dialects', () => {
  const judge = (schemaOf: object, dialect: string) => {
    const call = mockOf(withBody('application/json', { schema: schemaOf }), { openapi: dialect });
    return async (value: unknown) =>
      (await call({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }))
        .status;
  };

  it('read bounds, null and references as their version writes them', async () => {
    const old = judge({ type: 'number', minimum: 1, exclusiveMinimum: true, nullable: true }, '3.0.0');
    expect([await old(1), await old(2), await old(null)]).toEqual([400, 200, 200]);
    const recent = judge({ type: ['number', 'null'], exclusiveMinimum: 1 }, '3.1.0');
    expect([await recent(1), await recent(2), await recent(null)]).toEqual([400, 200, 200]);
    const whole = { type: 'object', properties: { a: { $ref: '#/info/x-part', maximum: 5 } } };
    const call = (openapi: string) =>
      mockOf(withBody('application/json', { schema: whole }), {
        openapi,
        info: { title: 'T', version: '1', 'x-part': { type: 'integer' } },
      });
    const send = async (openapi: string) =>
      (await call(openapi)({ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":9}' }))
        .status;
    expect([await send('3.0.0'), await send('3.1.0')]).toEqual([200, 400]);
  });

  it('survive circles, endless patterns and references to nothing', async () => {
    const circle = judge(
      { allOf: [{ $ref: '#/paths/~1x/post/requestBody/content/application~1json/schema' }] },
      '3.0.0',
    );
    expect(await circle({})).toBe(200);
    const slow = judge({ type: 'string', pattern: '^(a+)+$' }, '3.0.0');
    expect([await slow(`${'a'.repeat(60)}!`), await slow('aaa')]).toEqual([400, 200]);
    const several = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } };
    expect(await judge(several, '3.0.0')({ a: 'a', b: 'b' })).toBe(200);
    const missing = judge({ $ref: '#/components/schemas/Nothing' }, '3.0.0');
    expect(await missing(1)).toBe(200);
    const closed = judge(
      { type: 'object', required: ['a', 'b'], additionalProperties: false, properties: { a: {} } },
      '3.0.0',
    );
    expect([await closed({ a: 1 }), await closed({})]).toEqual([200, 400]);
  });

  it('let a value fit several alternatives only where nothing tells them apart, or a discriminator does', async () => {
    const fits = async (oneOf: readonly object[], value: unknown, rest: object = {}) =>
      (await judge({ oneOf, ...rest }, '3.0.0')(value)) === 200;
    const [a, b] = [
      { properties: { a: {} }, required: ['a'] },
      { properties: { b: {} }, required: ['b'] },
    ];
    expect(await fits([a, b], { a: 1, b: 1 })).toBe(false);
    expect(await fits([a, b], { a: 1, b: 1 }, { discriminator: { propertyName: 'a' } })).toBe(true);
    expect(await fits([{ type: 'object' }, a], { a: 1 })).toBe(true);
    expect(await fits([{ type: 'object' }, { ...a, type: 'object' }], 'text')).toBe(false);
    expect(await fits([{ properties: { c: {} } }, { properties: { d: {} } }], { c: 1 })).toBe(true);
    expect(await fits([{ type: 'number' }, { type: 'integer' }], 1)).toBe(true);
    expect(await fits([{ pattern: '^a' }, { pattern: 'b$' }], 'ab')).toBe(false);
    const [one, other] = [{ properties: { k: { enum: [1] } } }, { properties: { k: { enum: [2] } } }];
    expect([await fits([one, other], {}), await fits([one, other], { k: 1 })]).toEqual([false, true]);
    const closed = { ...a, additionalProperties: false };
    expect(
      await fits(
        [
          { ...closed, minProperties: 1 },
          { ...a, maxProperties: 1 },
        ],
        { a: 1 },
      ),
    ).toBe(false);
    const more = { properties: { a: {}, b: {} }, minProperties: 1 };
    expect(await fits([{ properties: { a: {} }, additionalProperties: false }, more], { a: 1 })).toBe(false);
  });

  it('take no picture of a date for a pattern', async () => {
    const since = judge({ type: 'string', pattern: 'YYYY-MM-DDThh:mm:ssZ' }, '3.0.0');
    const letters = judge({ type: 'string', pattern: '^y{4}$' }, '3.0.0');
    expect([await since('2024-05-06T10:20:30Z'), await letters('2024'), await letters('yyyy')]).toEqual([
      200, 400, 200,
    ]);
  });

  it('close an object together with its alternatives', async () => {
    const places = judge(
      { additionalProperties: false, properties: { a: {} }, oneOf: [{ properties: { b: {} }, required: ['b'] }] },
      '3.0.0',
    );
    expect([await places({ a: 1, b: 1 }), await places({ a: 1, b: 1, c: 1 })]).toEqual([200, 400]);
  });
});

describe('forms', () => {
  const form = (encoding: object = {}, extra: object = {}) =>
    mockOf(withBody('application/x-www-form-urlencoded', { schema: { ...schema, ...extra }, encoding }));
  const send = async (call: ReturnType<typeof mockOf>, body: string) =>
    (await call({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })).places;

  it('hold texts, lists and objects', async () => {
    expect(await send(form(), 'name=a+b&tags=x&tags=y')).toEqual([]);
    expect(await send(form(), 'name=ab&size[w]=1')).toEqual([]);
    expect(await send(form(), 'name=ab&size[w]=a')).toEqual(['body.size.w']);
    expect(await send(form(), 'name=a')).toEqual(['body.name']);
    expect(await send(form(), 'tags=x')).toEqual(['body.name']);
    expect(await send(form({}, { additionalProperties: false }), 'name=ab&more=1')).toEqual(['body.more']);
  });

  it('may have names that end in brackets', async () => {
    const matches = { 'match[]': { type: 'array', minItems: 2, items: { type: 'string' } } };
    const call = form({}, { properties: { ...schema.properties, ...matches }, additionalProperties: false });
    expect(await send(call, 'name=ab&match%5B%5D=x&match%5B%5D=y')).toEqual([]);
    expect(await send(call, 'name=ab&match%5B%5D=x')).toEqual(['body.match[]']);
    expect(await send(call, 'name=ab&match=x')).toEqual(['body.match']);
  });

  it('write fields in the declared encoding', async () => {
    const plain = form(
      { tags: { explode: false } },
      { properties: { ...schema.properties, tags: { type: 'array', maxItems: 1 } } },
    );
    expect(await send(plain, 'name=ab&tags=x')).toEqual([]);
    expect(await send(plain, 'name=ab&tags=x,y')).toEqual(['body.tags']);
  });
});

describe('multipart bodies', () => {
  const call = mockOf(
    withBody('multipart/form-data', { schema, encoding: { file: { contentType: 'image/png, image/jpeg' } } }),
  );
  const send = async (...parts: [string, string][]) => (await call({ method: 'POST', ...multipart(...parts) })).places;

  it('are held against their schema part by part', async () => {
    expect(await send(['name="name"', 'ab'])).toEqual([]);
    expect(await send(['name="name"', 'a'])).toEqual(['body.name']);
    expect(await send(['name="tags"', 'x'])).toEqual(['body.name']);
    expect(await send(['name="name"', 'ab'], ['name="name"', 'cd'])).toEqual(['body.name']);
    expect(await send(['name="name"', 'ab'], ['name="tags"', 'x'], ['name="tags"', 'y'])).toEqual([]);
  });

  it('have parts of the right media types', async () => {
    const name: [string, string] = ['name="name"', 'ab'];
    expect(await send(name, ['name="file"; filename="a.png"\r\nContent-Type: image/png', '\u0000'])).toEqual([]);
    expect(await send(name, ['name="file"; filename="a.txt"\r\nContent-Type: text/plain', 'x'])).toEqual(['body.file']);
    expect(await send(name, ['name="size"\r\nContent-Type: application/json', '{"w":1}'])).toEqual([]);
    expect(await send(name, ['name="size"\r\nContent-Type: application/json', '{"w":"a"}'])).toEqual(['body.size.w']);
    expect(await send(name, ['name="size"', '{"w":1}'])).toEqual(['body.size']);
  });

  it('are refused where they are malformed', async () => {
    const type = { 'content-type': 'multipart/form-data; boundary=b' };
    const malformed = [
      '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nab',
      '--c--',
      '--b\r\n\r\nab\r\n--b--',
    ];
    for (const body of malformed)
      expect((await call({ method: 'POST', headers: type, body })).places).toEqual(['body']);
    const unbounded = await call({ method: 'POST', headers: { 'content-type': 'multipart/form-data' }, body: '--b--' });
    expect(unbounded.places).toEqual(['header.content-type']);
  });
});

describe('other bodies', () => {
  it.each<[xml: string, right: boolean]>([
    ['<?xml version="1.0"?><!-- c --><a b="1>2"><c/>t &amp; &#10;<![CDATA[<]]></a>', true],
    ['<a><b></a></b>', false],
    ['<a>', false],
    ['<a/><b/>', false],
    ['<a b=1/>', false],
    ['<a>&</a>', false],
    ['text', false],
    ['<a/>text', false],
    ['<!-- never ends', false],
  ])('XML is well-formed: %s', async (body, right) => {
    const call = mockOf(withBody('application/xml', { schema: {} }));
    const said = await call({ method: 'POST', headers: { 'content-type': 'application/xml' }, body });
    expect(said.places).toEqual(right ? [] : ['body']);
  });

  it('texts fit their schema, bytes are taken as they are', async () => {
    const text = mockOf(withBody('text/plain', { schema: { type: 'string', maxLength: 3 } }));
    const say = async (body: string | Buffer) =>
      (await text({ method: 'POST', headers: { 'content-type': 'text/plain' }, body })).places;
    expect([await say('abc'), await say('abcd'), await say(Buffer.from([0xff]))]).toEqual([[], ['body'], ['body']]);
    const bytes = mockOf(withBody('image/*', { schema: {} }));
    const send = async (type: string) =>
      (await bytes({ method: 'POST', headers: { 'content-type': type }, body: Buffer.from([0xff]) })).status;
    expect([await send('image/png'), await send('audio/ogg')]).toEqual([200, 400]);
  });
});
