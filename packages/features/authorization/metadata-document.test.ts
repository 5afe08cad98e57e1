import { MeshError } from '@devmesh/foundation';
import type { GuardedRequest, GuardedResponse } from '@devmesh/infrastructure';
import { fakeClock } from '@devmesh/testkit';
import { describe, expect, it } from 'vitest';
import { createMetadataDocuments } from './metadata-document.ts';

const id = 'https://app.example.com/oauth/client.json';
const document = {
  client_id: id,
  client_name: 'A client',
  redirect_uris: ['https://app.example.com/callback', 'http://127.0.0.1:3000/callback'],
};

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function over(answer: Answer | Error) {
  const asked: { url: string; request: GuardedRequest | undefined }[] = [];
  const clock = fakeClock();
  const fetch = (url: string, request?: GuardedRequest): Promise<GuardedResponse> => {
    asked.push({ url, request });
    if (answer instanceof Error) return Promise.reject(answer);
    const body = Buffer.from(answer.body ?? JSON.stringify(document));
    const headers = new Headers({ 'content-type': 'application/json', ...answer.headers });
    return Promise.resolve({ status: answer.status ?? 200, headers, url, body, text: () => body.toString() });
  };
  return { asked, clock, documents: createMetadataDocuments({ fetch, clock }) };
}

describe('client id metadata documents', () => {
  it('describe a public client, and are fetched small, quickly and without redirects', async () => {
    const { documents, asked } = over({});
    expect(await documents.read(id)).toEqual({
      id,
      name: 'A client',
      redirectUris: document.redirect_uris,
      authentication: 'none',
      source: 'document',
    });
    expect(asked[0]?.request).toMatchObject({ maximumRedirects: 0, maximumBytes: 10_240, timeoutMilliseconds: 5_000 });
  });

  it.each([
    'http://app.example.com/client.json',
    'https://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/a/../client.json',
    'https://app.example.com/./client.json',
    'https://app.example.com/client.json#x',
    'https://user@app.example.com/client.json',
    'https://APP.example.com/client.json',
    'https://app.example.com:443/client.json',
    'https://127.0.0.1/client.json',
    'https://[::1]/client.json',
    `https://app.example.com/${'a'.repeat(512)}`,
  ])('are not fetched from %s', async (address) => {
    const { documents, asked } = over({});
    await expect(documents.read(address)).rejects.toMatchObject({ code: 'invalid_client' });
    expect(asked).toEqual([]);
  });

  it.each<[string, Answer | Error]>([
    ['is about another id', { body: JSON.stringify({ ...document, client_id: `${id}x` }) }],
    ['says no id', { body: JSON.stringify({ ...document, client_id: undefined }) }],
    ['holds a secret', { body: JSON.stringify({ ...document, client_secret: 'x' }) }],
    [
      'wants to use a secret',
      { body: JSON.stringify({ ...document, token_endpoint_auth_method: 'client_secret_post' }) },
    ],
    ['wants to use a key', { body: JSON.stringify({ ...document, token_endpoint_auth_method: 'private_key_jwt' }) }],
    ['has no redirect URI', { body: JSON.stringify({ ...document, redirect_uris: [] }) }],
    ['is no object', { body: '[]' }],
    ['is no JSON', { body: '<html>' }],
    ['says that it is no JSON', { headers: { 'content-type': 'text/html' } }],
    ['is a redirect', { status: 302 }],
    ['is an error', { status: 404 }],
    ['lies at a private address', new MeshError('address_refused', 'private')],
    ['is too large', new MeshError('too_large', 'large')],
  ])('are no client where the document %s', async (_name, answer) => {
    const { documents } = over(answer);
    await expect(documents.read(id)).rejects.toMatchObject({ name: 'OAuthRefusal' });
  });

  it.each<[string, Readonly<Record<string, string>>, number, number]>([
    ['ten minutes', {}, 599, 601],
    ['as long as its host says', { 'cache-control': 'public, max-age=60' }, 59, 61],
    ['a day at most', { 'cache-control': 'max-age=99999999' }, 86_399, 86_401],
  ])('are remembered for %s', async (_name, headers, within, after) => {
    const { documents, asked, clock } = over({ headers });
    await documents.read(id);
    await clock.advance(within * 1_000);
    await documents.read(id);
    expect(asked.length).toBe(1);
    await clock.advance((after - within) * 1_000);
    await documents.read(id);
    expect(asked.length).toBe(2);
  });

  it('are not remembered where their host says no, nor when they were refused', async () => {
    for (const answer of [{ headers: { 'cache-control': 'no-store' } }, { headers: { 'cache-control': 'no-cache' } }]) {
      const { documents, asked } = over(answer);
      await documents.read(id);
      await documents.read(id);
      expect(asked.length).toBe(2);
    }
    const { documents, asked } = over({ status: 500 });
    await expect(documents.read(id)).rejects.toThrow('500');
    await expect(documents.read(id)).rejects.toThrow('500');
    expect(asked.length).toBe(2);
  });
});
