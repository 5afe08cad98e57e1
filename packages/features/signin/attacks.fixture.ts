import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;

/** What an attacker is given to work with, and more than any attacker has: the platform's own signing key. */
export interface AttackMaterial {
  /** An access token that is valid now. */
  readonly valid: string;
  /** A valid one of another organization. */
  readonly foreign: string;
  /** A refresh token that is valid now. */
  readonly refreshToken: string;
  /** An API key that is valid now. */
  readonly apiKey: string;
  /** The key that signs the platform's access tokens. */
  readonly signingKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The key of the day before yesterday. */
  readonly endedKey: { readonly kid: string; readonly privateKey: KeyObject };
  /** Unix seconds. */
  readonly now: number;
}

/** A token that must be refused as `unauthenticated`, like any other. */
export interface TokenAttack {
  readonly name: string;
  readonly forge: (material: AttackMaterial) => string;
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Json {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Json;
}

function partsOf(token: string): { header: string; payload: string; signature: string } {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return { header, payload, signature };
}

interface Change {
  readonly header?: Json;
  readonly claims?: Json;
  readonly without?: readonly string[];
  readonly key?: KeyObject;
}

/** The valid token with something changed, signed anew: with the platform's own key where no other is given. */
function resigned(material: AttackMaterial, { header = {}, claims = {}, without = [], key }: Change): string {
  const { header: oldHeader, payload } = partsOf(material.valid);
  const kept = Object.fromEntries(
    Object.entries({ ...decode(payload), ...claims }).filter(([name]) => !without.includes(name)),
  );
  return signed(encode({ ...decode(oldHeader), ...header }), encode(kept), key ?? material.signingKey);
}

function signed(header: string, payload: string, key: KeyObject): string {
  return `${header}.${payload}.${sign(null, Buffer.from(`${header}.${payload}`), key).toString('base64url')}`;
}

function withHeader(name: string, header: Json): TokenAttack {
  return { name, forge: (material) => resigned(material, { header }) };
}

function withClaims(name: string, change: (material: AttackMaterial) => Omit<Change, 'header'>): TokenAttack {
  return { name, forge: (material) => resigned(material, change(material)) };
}

function raw(name: string, forge: TokenAttack['forge']): TokenAttack {
  return { name, forge };
}

/** An attacker's own key, as real as ours. */
const stranger = generateKeyPairSync('ed25519');
const strangerJwk = stranger.publicKey.export({ format: 'jwk' });
const strangerRsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });

function unsigned(alg: unknown, signature = ''): TokenAttack['forge'] {
  return ({ valid }) => {
    const { header, payload } = partsOf(valid);
    return `${encode({ ...decode(header), alg })}.${payload}.${signature}`;
  };
}

function hmacWith(algorithm: 'sha256' | 'sha384' | 'sha512', secretOf: (key: KeyObject) => string | Buffer) {
  return ({ valid, publicKey }: AttackMaterial): string => {
    const { header, payload } = partsOf(valid);
    const input = `${encode({ ...decode(header), alg: `HS${algorithm.slice(3)}` })}.${payload}`;
    return `${input}.${createHmac(algorithm, secretOf(publicKey)).update(input).digest('base64url')}`;
  };
}

const algorithmAttacks: readonly TokenAttack[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none ', '', null].map((alg) =>
    raw(`alg ${JSON.stringify(alg)}, without a signature`, unsigned(alg)),
  ),
  raw('alg none with the old signature', (material) => unsigned('none', partsOf(material.valid).signature)(material)),
  raw(
    'HS256 keyed with the public key in PEM',
    hmacWith('sha256', (key) => key.export({ type: 'spki', format: 'pem' })),
  ),
  raw(
    'HS256 keyed with the public key in DER',
    hmacWith('sha256', (key) => key.export({ type: 'spki', format: 'der' })),
  ),
  raw(
    'HS256 keyed with x of the JWK',
    hmacWith('sha256', (key) => key.export({ format: 'jwk' }).x ?? ''),
  ),
  raw(
    'HS512 keyed with the bytes of the public key',
    hmacWith('sha512', (key) => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')),
  ),
  raw(
    'HS256 keyed with nothing',
    hmacWith('sha256', () => ''),
  ),
  withHeader('a correct signature under the name RS256', { alg: 'RS256' }),
  withHeader('a correct signature under the name Ed25519', { alg: 'Ed25519' }),
  withHeader('a correct signature under the name ES256', { alg: 'ES256' }),
  withHeader('a list of algorithms', { alg: ['EdDSA'] }),
  raw('RS256 of a stranger', ({ valid }) => {
    const { header, payload } = partsOf(valid);
    const input = `${encode({ ...decode(header), alg: 'RS256' })}.${payload}`;
    return `${input}.${sign('sha256', Buffer.from(input), strangerRsa.privateKey).toString('base64url')}`;
  }),
];

const keyAttacks: readonly TokenAttack[] = [
  raw('signed by a stranger under our kid', (material) => resigned(material, { key: stranger.privateKey })),
  ...['../../../../dev/null', "x' union select 'key", '', '0', '__proto__', 'constructor', null, 7].map((kid) =>
    withHeader(`kid ${JSON.stringify(kid)}`, { kid }),
  ),
  raw('a kid of nobody, signed by a stranger', (material) =>
    resigned(material, { header: { kid: 'A'.repeat(22) }, key: stranger.privateKey }),
  ),
  raw('jwk of the stranger who signed', (material) =>
    resigned(material, { header: { jwk: strangerJwk }, key: stranger.privateKey }),
  ),
  raw('jku of the stranger who signed', (material) =>
    resigned(material, { header: { jku: 'https://attacker.example/jwks.json' }, key: stranger.privateKey }),
  ),
  raw('x5u of the stranger who signed', (material) =>
    resigned(material, { header: { x5u: 'https://attacker.example/cert.pem' }, key: stranger.privateKey }),
  ),
  raw('x5c of the stranger who signed', (material) =>
    resigned(material, {
      header: { x5c: [strangerRsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
      key: stranger.privateKey,
    }),
  ),
  withHeader('jku beside a correct signature', { jku: 'https://attacker.example/jwks.json' }),
  withHeader('jwk beside a correct signature', { jwk: strangerJwk }),
  withHeader('x5t beside a correct signature', { x5t: 'A'.repeat(27) }),
  raw('a key whose day is over', (material) =>
    resigned(material, { header: { kid: material.endedKey.kid }, key: material.endedKey.privateKey }),
  ),
];

const headerAttacks: readonly TokenAttack[] = [
  withHeader('typ JWT', { typ: 'JWT' }),
  withHeader('typ AT+JWT', { typ: 'AT+JWT' }),
  withHeader('typ id_token', { typ: 'id_token' }),
  raw('no typ', (material) => {
    const { header, payload } = partsOf(material.valid);
    const { alg, kid } = decode(header);
    return signed(encode({ alg, kid }), payload, material.signingKey);
  }),
  withHeader('crit of an unknown extension', { crit: ['exp'], exp: 1 }),
  withHeader('an empty crit', { crit: [] }),
  withHeader('b64 false with its crit', { b64: false, crit: ['b64'] }),
  withHeader('b64 false without its crit', { b64: false }),
  withHeader('zip', { zip: 'DEF' }),
  withHeader('cty JWT', { cty: 'JWT' }),
  raw('alg twice in the header', (material) => {
    const { header, payload } = partsOf(material.valid);
    const twice = Buffer.from(header, 'base64url').toString('utf8').replace('{', '{"alg":"none",');
    return signed(encode(twice), payload, material.signingKey);
  }),
  raw('a header with spaces in its JSON', (material) => {
    const { header, payload } = partsOf(material.valid);
    return signed(encode(JSON.stringify(decode(header), null, 1)), payload, material.signingKey);
  }),
];

const claimAttacks: readonly TokenAttack[] = [
  withClaims('another issuer', () => ({ claims: { iss: 'https://attacker.example' } })),
  withClaims('the issuer with a slash', ({ valid }) => ({
    claims: { iss: `${String(decode(partsOf(valid).payload)['iss'])}/` },
  })),
  withClaims('another audience', () => ({ claims: { aud: 'https://other.example' } })),
  withClaims('a list of audiences with ours in it', ({ valid }) => ({
    claims: { aud: [decode(partsOf(valid).payload)['aud'], 'https://other.example'] },
  })),
  withClaims('expired a minute ago', ({ now }) => ({ claims: { iat: now - 660, exp: now - 60 } })),
  withClaims('expired six seconds ago', ({ now }) => ({ claims: { iat: now - 606, exp: now - 6 } })),
  withClaims('valid for a year', ({ now }) => ({ claims: { iat: now - 700, exp: now + 31_536_000 } })),
  withClaims('issued a minute from now', ({ now }) => ({ claims: { iat: now + 60, exp: now + 660 } })),
  withClaims('valid only from tomorrow on', ({ now }) => ({ claims: { nbf: now + 86_400 } })),
  withClaims('exp as text', ({ now }) => ({ claims: { exp: String(now + 300) } })),
  ...['iss', 'aud', 'sub', 'tid', 'sid', 'client_id', 'scope', 'jti', 'iat', 'exp'].map((claim) =>
    withClaims(`without ${claim}`, () => ({ without: [claim] })),
  ),
  withClaims('a claim that we never write', () => ({ claims: { role: 'owner' } })),
  withClaims('the sign-in of another organization', ({ foreign }) => ({
    claims: { sid: decode(partsOf(foreign).payload)['sid'] },
  })),
  withClaims('the organization of somebody else', ({ foreign }) => ({
    claims: { tid: decode(partsOf(foreign).payload)['tid'] },
  })),
  withClaims('the user of somebody else', ({ foreign }) => ({
    claims: { sub: decode(partsOf(foreign).payload)['sub'] },
  })),
  withClaims('another client', () => ({ claims: { client_id: 'another' } })),
  withClaims('a tid that is SQL', () => ({ claims: { tid: "' or true --" } })),
  withClaims('a sid that is SQL', () => ({ claims: { sid: "' or true --" } })),
];

const formAttacks: readonly TokenAttack[] = [
  raw('the signature cut short', ({ valid }) => valid.slice(0, -8)),
  raw('no signature', ({ valid }) => `${valid.slice(0, valid.lastIndexOf('.'))}.`),
  raw('two parts', ({ valid }) => valid.slice(0, valid.lastIndexOf('.'))),
  raw('four parts', ({ valid }) => `${valid}.${partsOf(valid).signature}`),
  raw('the signature of another token', ({ valid, foreign }) => {
    const { header, payload } = partsOf(valid);
    return `${header}.${payload}.${partsOf(foreign).signature}`;
  }),
  raw('the payload of another token', ({ valid, foreign }) => {
    const { header, signature } = partsOf(valid);
    return `${header}.${partsOf(foreign).payload}.${signature}`;
  }),
  raw('the signature written with other spare bits', ({ valid }) => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return valid.slice(0, -1) + (alphabet[alphabet.indexOf(valid.slice(-1)) + 1] ?? '');
  }),
  raw('padding after the signature', ({ valid }) => `${valid}==`),
  raw('a signature of zeros', ({ valid }) => {
    const { header, payload } = partsOf(valid);
    return `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`;
  }),
  raw('the identity point as signature', ({ valid }) => {
    const { header, payload } = partsOf(valid);
    return `${header}.${payload}.${Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]).toString('base64url')}`;
  }),
  raw('a nested token', (material) => {
    const { header } = partsOf(material.valid);
    return signed(header, encode(material.valid), material.signingKey);
  }),
  raw('an encrypted token', ({ publicKey }) => {
    const x = publicKey.export({ format: 'jwk' }).x ?? '';
    return [
      encode({ alg: 'dir', enc: 'A256GCM', cty: 'JWT' }),
      '',
      ...[12, 40, 16].map((length) => x.slice(0, length)),
    ].join('.');
  }),
  raw('the JSON serialization', ({ valid }) => {
    const { header, payload, signature } = partsOf(valid);
    return JSON.stringify({ payload, protected: header, signature });
  }),
  raw('a payload that is no JSON', (material) =>
    signed(partsOf(material.valid).header, encode('not json'), material.signingKey),
  ),
  raw('a payload that is a list', (material) =>
    signed(partsOf(material.valid).header, encode([]), material.signingKey),
  ),
  withClaims('3,000 characters too many', () => ({ claims: { scope: 'x'.repeat(3_000) } })),
  raw('a million characters', ({ valid }) => valid + 'A'.repeat(1_000_000)),
  raw('a refresh token', ({ refreshToken }) => refreshToken),
  raw('the hash-like tail of an API key', ({ apiKey }) => apiKey.slice(3)),
  raw('nothing', () => ''),
  raw('two dots', () => '..'),
];

/** Access tokens that an attacker could make, each of which must be refused. */
export const tokenAttacks: readonly TokenAttack[] = [
  ...algorithmAttacks,
  ...keyAttacks,
  ...headerAttacks,
  ...claimAttacks,
  ...formAttacks,
];
