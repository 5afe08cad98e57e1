import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rooms } from './architecture/rooms.ts';
import { readTree } from './architecture/tree.ts';
import { citationsOf, switchedOff } from './citations.ts';
import { readMap } from './map.ts';
import { requirements } from './requirements.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const known = new Set(requirements.map(({ id }) => id));
const tests = [...readTree(root).files].filter(([path]) => /(?:\.test\.tsx?|\/contract[\w-]*\.ts)$/.test(path));
/** Tests, and the figures that CI holds against their limits. */
const proofs = [...tests, ['.ci/run', readFileSync(`${root}.ci/run`, 'utf8')] as const];
const own = 'test/requirements.test.ts';
const citations = proofs.filter(([path]) => path !== own).flatMap(([path, text]) => citationsOf(path, text));

describe('the requirements', () => {
  it('have an id each, a sentence, and a room that is there or planned', () => {
    const places = readMap(readFileSync(`${root}docs/map.md`, 'utf8'));
    const allRooms = new Set([...rooms.map(({ path }) => path), ...places.map(({ room }) => room)]);
    expect(known.size).toBe(requirements.length);
    expect(requirements.filter(({ sentence }) => !/^[A-Z].{20,}\.$/.test(sentence))).toEqual([]);
    expect(requirements.filter(({ room }) => !allRooms.has(room)).map(({ id, room }) => `${id}: ${room}`)).toEqual([]);
  });

  it('are cited by ids that exist', () => {
    expect(citations.filter(({ id }) => !known.has(id))).toEqual([]);
  });

  it('are proved by tests that run', () => {
    const off = proofs.flatMap(([path, text]) => switchedOff(text).map((found) => `${path}: ${found}`));
    expect(off).toEqual([]);
  });

  it('that no test cites are open, and are told', () => {
    const proved = new Set(citations.map(({ id }) => id));
    const open = requirements.filter(({ id }) => !proved.has(id));
    const lines = open.map(({ id, sentence }) => `  ${id}: ${sentence}\n`);
    process.stdout.write(
      `${String(proved.size)} of ${String(requirements.length)} requirements are proved; open are\n${lines.join('')}`,
    );
    expect(proved.size + open.length).toBe(requirements.length);
  });
});

describe('a citation', () => {
  it('stands in brackets at the end of a title, alone or with others', () => {
    const text =
      "it('keeps it [a.b]', f); test(`too [c.d-e, f.g]`, f); const list = ['x', [a.b]]; it('not [a.b] here', f);";
    expect(citationsOf('t', text).map(({ id }) => id)).toEqual(['a.b', 'c.d-e', 'f.g']);
  });

  it('proves nothing in a test that is switched off', () => {
    expect(switchedOff(['it', 'skip'].join('.') + "('x')")).toHaveLength(1);
    expect(switchedOff("it.skipIf(no)('x')")).toEqual([]);
  });
});
