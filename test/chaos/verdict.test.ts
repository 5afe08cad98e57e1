import { describe, expect, it } from 'vitest';
import type { Delivery } from './deliveries.ts';
import { failuresOf, judge, type Verdict } from './verdict.ts';
import type { Counted } from './world.ts';

const good: Delivery = { id: 'good', source: 0, poison: false };
const poison: Delivery = { id: 'poison', source: 0, poison: true };
const sources = [{ tenantId: 'a', path: '/', secret: 's' }];

/** A world in which all is well, with something changed. */
const judged = (changed: Partial<Counted>, acknowledged: readonly string[] = ['good', 'poison']): Verdict =>
  judge({
    // Sent twice, as some are.
    deliveries: [good, poison, good],
    sources,
    acknowledged: new Set(acknowledged),
    counted: {
      tasks: new Map([['good', ['a']]]),
      dead: new Map([['poison', [4]]]),
      tries: new Map([['poison', 4]]),
      stored: new Set(['good', 'poison']),
      ...changed,
    },
    attempts: 4,
  });

describe('the verdict on a chaos run', () => {
  it('finds nothing where each had its one effect, or its one dead letter', () => {
    expect(failuresOf(judged({}))).toEqual([]);
    expect(judged({}, ['good'])).toMatchObject({ acknowledged: 1, stored_unacknowledged: 1, lost: 0 });
  });

  it.each<[string, Partial<Counted>, keyof Verdict]>([
    ['an acknowledged webhook without an effect', { tasks: new Map() }, 'lost'],
    ['a second effect', { tasks: new Map([['good', ['a', 'a']]]) }, 'duplicate_effects'],
    ['an effect in another organization', { tasks: new Map([['good', ['b']]]) }, 'strayed'],
    ['a poison webhook that is nowhere', { dead: new Map() }, 'poison_lost'],
    ['a second dead letter', { dead: new Map([['poison', [4, 4]]]) }, 'poison_lost'],
    ['a dead letter that notes too few tries', { dead: new Map([['poison', [3]]]) }, 'poison_wrong_attempts'],
    ['a dead letter that had fewer tries than it notes', { tries: new Map([['poison', 3]]) }, 'poison_wrong_attempts'],
    [
      'a dead letter of a webhook that could be processed',
      { dead: new Map(['good', 'poison'].map((id) => [id, [4]] as const)) },
      'harmed',
    ],
  ])('finds %s', (_name, changed, figure) => {
    const verdict = judged(changed);
    expect(verdict[figure]).toBe(1);
    expect(failuresOf(verdict)).toHaveLength(1);
  });

  it('holds nothing that was not acknowledged against anybody', () => {
    expect(judged({ tasks: new Map(), dead: new Map() }, [])).toMatchObject({ lost: 0, poison_lost: 0 });
  });
});
