import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepingOf } from './freshness.ts';

const now = Date.UTC(2026, 0, 1);

function keeping(headers: Record<string, string>, status = 200) {
  return keepingOf({ status, headers: new Headers(headers), url: '', body: new Uint8Array(), text: () => '' }, now);
}

describe('what may be kept of an answer', () => {
  it.each([
    ['max-age=60', 60_000],
    ['private, max-age=60', 60_000],
    ['MAX-AGE="60"', 60_000],
    ['max-age=60, s-maxage=9999', 60_000],
    ['max-age=60, max-age=5', 5_000],
    ['max-age=5, max-age=60', 5_000],
    ['max-age=999999999', 3_600_000],
  ])('%s is fresh for %i ms', (control, milliseconds) => {
    expect(keeping({ 'cache-control': control })?.freshMilliseconds).toBe(milliseconds);
  });

  it.each([
    [{ 'cache-control': 'no-store, max-age=60' }],
    [{ 'cache-control': 'max-age=60, No-Store' }],
    [{ 'cache-control': 'max-age=60', vary: 'accept, *' }],
    [{ 'cache-control': 'max-age=60', 'set-cookie': 'a=1' }],
    [{ 'cache-control': 'max-age=0' }],
    [{ 'cache-control': 'max-age=sixty' }],
    [{ 'cache-control': 'max-age=60, no cache' }],
    [{ 'cache-control': 'max-age=60', age: '60' }],
    [{}],
    [{ expires: '0' }],
  ])('%j is not kept', (headers: Record<string, string>) => {
    expect(keeping(headers)).toBeUndefined();
  });

  it.each([201, 204, 206, 301, 304, 400, 401, 404, 410, 500, 503])('an answer %i is never kept', (status) => {
    expect(keeping({ 'cache-control': 'max-age=60', etag: '"1"' }, status)).toBeUndefined();
  });

  it('goes by Expires and Date where nothing else is said, and takes off the age', () => {
    const at = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();
    expect(keeping({ date: at(0), expires: at(90), age: '30' })?.freshMilliseconds).toBe(60_000);
    expect(keeping({ date: at(0), expires: at(90), 'cache-control': 'max-age=5' })?.freshMilliseconds).toBe(5_000);
  });

  it('is asked about again by its tag, else by its date; no-cache and no age at all mean every time', () => {
    expect(keeping({ etag: 'W/"1"', 'last-modified': 'x' })).toEqual({
      freshMilliseconds: 0,
      validators: { 'if-none-match': 'W/"1"' },
    });
    expect(keeping({ 'cache-control': 'no-cache, max-age=60', 'last-modified': 'x' })).toEqual({
      freshMilliseconds: 0,
      validators: { 'if-modified-since': 'x' },
    });
  });

  it('whatever Cache-Control says, nothing is fresh beside no-store or no-cache, and nothing longer than an hour', () => {
    const word = fc.constantFrom<string>(
      'public',
      'private',
      'max-age=10',
      'max-age=1e9',
      'MAX-AGE=99999999',
      'x="a, no-store"',
      'y="',
      '',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 5 }),
        fc.constantFrom('no-store', 'no-cache', 'No-Store', ''),
        fc.nat(5),
        (words, forbidding, at) => {
          const list = words.toSpliced(at, 0, forbidding).filter((one) => one !== 'y="');
          const fresh = keeping({ 'cache-control': list.join(',') })?.freshMilliseconds ?? 0;
          expect(fresh).toBeLessThanOrEqual(forbidding === '' ? 3_600_000 : 0);
        },
      ),
    );
  });
});
