import { readFileSync } from 'node:fs';
import { errorTable } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { errorsDocument, errorsDocumentPath } from '../scripts/errors-document.ts';

const howToMend = 'docs/errors.md differs from the error table: run `node --import tsx scripts/errors-document.ts`';
const document = readFileSync(errorsDocumentPath, 'utf8');

describe('docs/errors.md', () => {
  it('lists exactly the codes of the error table, in its order [errors.one-table]', () => {
    const listed = [...document.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code);
    expect(listed).toEqual(Object.keys(errorTable));
  });

  it('says of each what the table says', () => {
    expect(document === errorsDocument() ? 'the same' : howToMend).toBe('the same');
  });
});

describe('the error table', () => {
  const entries = Object.entries(errorTable);

  it('tells in a sentence what to do next', () => {
    expect(entries.filter(([, { next }]) => !/^[A-Z].{15,}\.$/.test(next)).map(([code]) => code)).toEqual([]);
  });
});
