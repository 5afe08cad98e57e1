import { createMock, type MockedRequest } from './mock.ts';

/** What a mock said to a request. */
export interface Said {
  readonly status: number;
  /** Places of what is wrong, in their order. */
  readonly places: readonly string[];
  readonly body: string;
  readonly headers: Headers;
}

type Given = Partial<Omit<MockedRequest, 'headers' | 'bytes'>> & {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** A mock of a document with these paths; call it as a client would. */
export function mockOf(paths: object, rest: object = { openapi: '3.0.3' }): (given: Given) => Promise<Said> {
  const mock = createMock(JSON.stringify({ info: { title: 'T', version: '1' }, paths, ...rest }));
  return async ({ method = 'GET', path = '/x', query = '', headers = {}, body = '' }) => {
    const response = mock.answer({ method, path, query, headers: new Headers(headers), bytes: Buffer.from(body) });
    const text = await response.text();
    const errors = text.includes('"errors"') ? (JSON.parse(text) as { errors?: { path: string }[] }).errors : undefined;
    return {
      status: response.status,
      places: [...new Set((errors ?? []).map((error) => error.path))],
      body: text,
      headers: response.headers,
    };
  };
}

/** An operation at `GET /x` with parameters. */
export function withParameters(...parameters: object[]): object {
  return { '/x': { get: { parameters, responses: { 200: { description: '' } } } } };
}

/** An operation at `POST /x` with a body of one media type. */
export function withBody(type: string, media: object, required = true): object {
  return { '/x': { post: { requestBody: { required, content: { [type]: media } }, responses: {} } } };
}

/** A multipart body: each part is its headers after `form-data; ` and its content. */
export function multipart(...parts: readonly (readonly [string, string])[]): {
  headers: Record<string, string>;
  body: string;
} {
  const body = parts
    .map(([head, content]) => `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`)
    .join('');
  return { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: `${body}--b--\r\n` };
}
