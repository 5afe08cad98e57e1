import { describe, expect, it } from 'vitest';
import { signV4, type SignableRequest, type SigningIdentity } from './sign-v4.ts';

/** The published examples of AWS: the suite of Signature Version 4, and those of the IAM and S3 documentation. */
const suite = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'service',
};
const suiteTime = Date.UTC(2015, 7, 30, 12, 36, 0);
const home = 'https://example.amazonaws.com';

function signatureOf(
  request: SignableRequest,
  identity: SigningIdentity = suite,
  time = suiteTime,
): string | undefined {
  return /Signature=(.+)$/u.exec(signV4(request, identity, time)['authorization'] ?? '')?.[1];
}

describe('AWS Signature Version 4', () => {
  it.each([
    ['get-vanilla', 'GET', '/', {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '/', {}, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      {},
      '',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-x-www-form-urlencoded',
      'POST',
      '/',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Param1=value1',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ] as const)(
    'gives the published signature of %s [tools.every-scheme]',
    (_name, method, path, headers, body, signature) => {
      expect(signatureOf({ method, url: home + path, headers, body })).toBe(signature);
    },
  );

  it('gives the published header of a request to IAM', () => {
    const request = {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    };
    expect(signV4(request, { ...suite, service: 'iam' }, suiteTime)).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
        'SignedHeaders=content-type;host;x-amz-date, ' +
        'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    });
  });

  it('signs the digest of the body, the time and the session', () => {
    const withSession: SigningIdentity = { ...suite, sessionToken: 'session' };
    const base = { method: 'POST', url: `${home}/x`, headers: {}, body: '{}' };
    const signatures = [
      signatureOf(base),
      signatureOf({ ...base, body: '{ }' }),
      signatureOf({ ...base, body: Buffer.from([0xff]) }),
      signatureOf(base, suite, suiteTime + 1_000),
      signatureOf({ ...base, headers: { 'x-amz-target': 'T' } }),
      signatureOf(base, { ...suite, region: 'eu-west-1' }),
      signatureOf(base, withSession),
    ];
    expect(new Set(signatures).size).toBe(signatures.length);
  });

  it('tells storage the digest of the body', () => {
    const headers = signV4(
      { method: 'GET', url: `${home}/a%20b`, headers: {} },
      { ...suite, service: 's3' },
      suiteTime,
    );
    expect(headers['x-amz-content-sha256']).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date');
  });
});
