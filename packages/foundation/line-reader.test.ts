import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineReader } from './line-reader.ts';

describe('a line reader', () => {
  it('gives the lines that fit, in order, however they are cut into chunks', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(20)), (lines, cuts) => {
        const heard: string[] = [];
        let tooLong = 0;
        const read = createLineReader({
          maximumBytes: 16,
          onLine: (text) => heard.push(text),
          onTooLong: () => (tooLong += 1),
        });
        let rest = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        for (const cut of cuts) {
          read(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        read(rest);
        const fitting = lines.filter((text) => Buffer.byteLength(text) <= 16);
        expect(heard).toEqual(fitting);
        expect(tooLong).toBe(lines.length - fitting.length);
      }),
    );
  });
});
