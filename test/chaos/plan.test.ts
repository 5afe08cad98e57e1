import { describe, expect, it } from 'vitest';
import { planDeliveries } from './deliveries.ts';
import { faultNames, planStrikes } from './plan.ts';
import { createRandom } from './random.ts';

const plan = (seed: number) => planStrikes({ kills: 40, faults: faultNames, rounds: 2, random: createRandom(seed) });

describe('the plan of a chaos run', () => {
  it('has every kill and every fault as often as asked, in order, while there is work', () => {
    const strikes = plan(1);
    const count = (what: string): number => strikes.filter((strike) => strike.what === what).length;
    expect([count('kill'), ...faultNames.map(count)]).toEqual([40, 2, 2, 2, 2, 2]);
    expect(strikes.map(({ at }) => at)).toEqual(strikes.map(({ at }) => at).toSorted((one, other) => one - other));
    expect(strikes.every(({ at }) => at > 0 && at < 1)).toBe(true);
  });

  it('is repeated by its seed, and by no other', () => {
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
  });

  it('sends every event, some twice, and as many poison ones as asked, early', () => {
    const deliveries = planDeliveries({ events: 1_000, sources: 8, poison: 1, random: createRandom(3) });
    const unique = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
    expect(unique.size).toBe(1_000);
    expect(deliveries.length - unique.size).toBeGreaterThan(10);
    const poison = [...unique.values()].filter((delivery) => delivery.poison);
    expect(poison).toHaveLength(10);
    expect(poison.every(({ id }) => id < 'd-000600')).toBe(true);
    expect(new Set(deliveries.map(({ source }) => source)).size).toBe(8);
  });
});
