import { describe, expect, it } from 'vitest';
import { readOptions, usage } from './options.ts';

describe('the command line of chaos', () => {
  it('reads sizes, faults in their order, and a seed', () => {
    const words = ['--events', '10000', '--kills', '40', '--faults', 'flush,redis', '--seed', '7', '--json'];
    expect(readOptions(words)).toMatchObject({
      mode: 'chaos',
      engines: 'servers',
      events: 10_000,
      kills: 40,
      faults: ['redis', 'flush'],
      seed: 7,
      json: true,
    });
    expect(readOptions(['--fairness'])).toMatchObject({ mode: 'fairness', events: 20_000 });
    expect(readOptions(['--help'])).toBeUndefined();
    expect(usage).toContain('--plants');
  });

  it.each([
    ['an unknown fault', ['--faults', 'meteor'], /no fault meteor/u],
    ['a fault without its server', ['--engines', 'embedded', '--faults', 'redis'], /needs --engines servers/u],
    ['an unknown set of engines', ['--engines', 'cloud'], /servers or embedded/u],
    ['a size that is no number', ['--events', 'many'], /--events is a whole number/u],
    ['two runs at once', ['--drain', '--fairness'], /choose one/u],
    ['an unknown word', ['--gently'], /--gently/u],
  ])('refuses %s in one sentence', (_name, words, sentence) => {
    expect(() => readOptions(words)).toThrow(sentence);
  });
});
