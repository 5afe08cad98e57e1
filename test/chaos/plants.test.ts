import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownTree } from './copy-tree.ts';
import { readOptions } from './options.ts';
import { plants, type Plant } from './plants.ts';
import { planted } from './run-plants.ts';

describe('planted bugs', () => {
  it.each(plants)('$name has its place in the tree exactly once, and a run of its own [chaos.plants]', (plant) => {
    const text = readFileSync(join(ownTree, plant.file), 'utf8');
    expect(planted(plant, text)).not.toBe(text);
    expect(readOptions(plant.run)).toBeDefined();
  });

  it('have names of their own', () => {
    expect(new Set(plants.map(({ name }) => name)).size).toBe(plants.length);
  });

  it.each(['', 'the bug, the bug'])('are refused where the text is not there once: %j', (text) => {
    const plant: Plant = { ...plants[0]!, name: 'one', file: 'a.ts', find: 'the bug', replace: '$&$&' };
    expect(() => planted(plant, text)).toThrow(/one needs its text exactly once in a\.ts/u);
    expect(planted(plant, 'here is the bug.')).toBe('here is $&$&.');
  });
});
