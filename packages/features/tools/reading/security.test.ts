import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Loose } from './json-value.ts';
import { createReferences } from './references.ts';
import { readSecurity } from './security.ts';

function read(document: Loose, operation: Loose = {}) {
  return readSecurity({ document, operation, references: createReferences(document) });
}

const schemes = {
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  sid: { type: 'apiKey', in: 'cookie', name: 'sid' },
  basic: { type: 'http', scheme: 'Basic' },
  hoba: { type: 'http', scheme: 'HOBA' },
  cert: { type: 'mutualTLS' },
  oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example/.well-known/openid-configuration' },
  oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'https://id.example/token', scopes: {} } } },
  linked: { $ref: '#/components/securitySchemes/key' },
  signed: { type: 'apiKey', in: 'header', name: 'Authorization', 'x-amazon-apigateway-authtype': 'awsSigv4' },
};
const document = (security?: unknown): Loose => ({
  components: { securitySchemes: schemes },
  ...(security === undefined ? {} : { security }),
});

describe('the security of an operation', () => {
  it('is alternatives of slots, in the order of the document [tools.every-scheme]', () => {
    expect(read(document([{ key: [], basic: [] }, { oauth: ['read', 'write'] }]))).toEqual([
      [
        { scheme: 'key', type: 'apiKey', in: 'header', name: 'X-Key' },
        { scheme: 'basic', type: 'http', httpScheme: 'basic' },
      ],
      [
        {
          scheme: 'oauth',
          type: 'oauth2',
          flows: [{ flow: 'clientCredentials', tokenUrl: 'https://id.example/token' }],
          scopes: ['read', 'write'],
        },
      ],
    ]);
  });

  it('is its own, also where that is none', () => {
    expect(read(document([{ key: [] }]), { security: [{ cert: [] }] })).toEqual([
      [{ scheme: 'cert', type: 'mutualTLS' }],
    ]);
    expect(read(document([{ key: [] }]), { security: [] })).toEqual([]);
    expect(read(document([{ key: [] }]), { security: [{}] })).toEqual([[]]);
    expect(read(document())).toEqual([]);
  });

  it.each([
    ['hoba', { type: 'http', httpScheme: 'hoba' }],
    ['sid', { type: 'apiKey', in: 'cookie', name: 'sid' }],
    ['oidc', { type: 'openIdConnect', discoveryUrl: 'https://id.example/.well-known/openid-configuration' }],
    ['linked', { type: 'apiKey', in: 'header', name: 'X-Key' }],
    ['signed', { type: 'http', httpScheme: 'aws4-hmac-sha256' }],
    ['nowhere', { type: 'unknown' }],
    ['constructor', { type: 'unknown' }],
  ])('reads the scheme %s', (name, kind) => {
    expect(read(document([{ [name]: [] }]))).toEqual([[{ scheme: name, ...kind }]]);
  });

  it('of Swagger 2.0 means the same', () => {
    const swagger = {
      swagger: '2.0',
      securityDefinitions: {
        b: { type: 'basic' },
        o: { type: 'oauth2', flow: 'accessCode', tokenUrl: 'https://a/t', authorizationUrl: 'https://a/a' },
      },
      security: [{ b: [], o: ['x'] }],
    };
    const flows = [{ flow: 'authorizationCode', tokenUrl: 'https://a/t', authorizationUrl: 'https://a/a' }];
    expect(read(swagger)).toEqual([
      [
        { scheme: 'b', type: 'http', httpScheme: 'basic' },
        { scheme: 'o', type: 'oauth2', flows, scopes: ['x'] },
      ],
    ]);
  });

  it('tolerates what is broken, and keeps the rest', () => {
    expect(read(document({ key: null }))).toEqual([[{ scheme: 'key', type: 'apiKey', in: 'header', name: 'X-Key' }]]);
    expect(read(document([null, 'key', { basic: 'all' }]))).toEqual([
      [{ scheme: 'basic', type: 'http', httpScheme: 'basic' }],
    ]);
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (security, one, all) => {
        const broken = { security, components: { securitySchemes: { a: one, b: all } } } as Loose;
        read(broken);
        const named = { ...broken, security: [{ a: security, b: [] }] };
        expect(read(named)).toMatchObject([[{ scheme: 'a' }, { scheme: 'b' }]]);
        read({ components: all, security: [{ a: [] }] });
      }),
    );
  });
});
