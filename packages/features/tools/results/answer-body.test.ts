import { expect, it } from 'vitest';
import { readAnswerBody } from './answer-body.ts';

const kindOf = (type: string, body: Buffer): string =>
  readAnswerBody({ headers: new Headers({ 'content-type': type }), body }, []).kind;

it('takes an archive for bytes although its type names a charset', () => {
  const archive = Buffer.from('name\0\0\0content');
  expect(kindOf('application/octet; charset=us-ascii', archive)).toBe('binary');
  expect(kindOf('application/x-tar; charset=utf-8', archive)).toBe('binary');
});

it('takes text for text by the charset that it names, whatever its type', () => {
  expect(kindOf('application/octet; charset=utf-16le', Buffer.from('ä', 'utf16le'))).toBe('text');
  expect(kindOf('text/plain; charset=us-ascii', Buffer.from('a\0b'))).toBe('text');
});
