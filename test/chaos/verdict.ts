import type { Delivery } from './deliveries.ts';
import type { Source } from './sources.ts';
import type { Counted } from './world.ts';

interface VerdictOptions {
  readonly deliveries: readonly Delivery[];
  readonly sources: readonly Source[];
  readonly acknowledged: ReadonlySet<string>;
  readonly counted: Counted;
  /** The attempts after which an event is a dead letter. */
  readonly attempts: number;
}

/** What became of the deliveries, in numbers. */
export interface Verdict {
  readonly acknowledged: number;
  /** Stored although the sender never learned it: fine, and told. */
  readonly stored_unacknowledged: number;
  /** Acknowledged, and without an effect. */
  readonly lost: number;
  /** With more than one effect, whether acknowledged or not. */
  readonly duplicate_effects: number;
  /** With an effect in an organization that did not send it. */
  readonly strayed: number;
  readonly poison: number;
  /** Acknowledged poison without its one dead letter. */
  readonly poison_lost: number;
  /** Dead letters that were not given exactly the configured attempts. */
  readonly poison_wrong_attempts: number;
  /** Dead letters and effects that ought to be the other. */
  readonly harmed: number;
}

/** Compares what was acknowledged with what the database holds. */
export function judge({ deliveries, sources, acknowledged, counted, attempts }: VerdictOptions): Verdict {
  const unique = [...new Map(deliveries.map((delivery) => [delivery.id, delivery])).values()];
  const good = unique.filter(({ poison }) => !poison);
  const poisoned = unique.filter(({ poison }) => poison);
  const tasksOf = ({ id }: Delivery): readonly string[] => counted.tasks.get(id) ?? [];
  const lettersOf = ({ id }: Delivery): readonly number[] => counted.dead.get(id) ?? [];
  const wronglyTried = (delivery: Delivery): boolean => {
    const letters = lettersOf(delivery);
    const tries = counted.tries?.get(delivery.id) ?? attempts;
    return letters.length > 0 && (tries !== attempts || letters.some((noted) => noted !== attempts));
  };
  const count = (some: readonly Delivery[], holds: (delivery: Delivery) => boolean): number =>
    some.filter((delivery) => holds(delivery)).length;
  return {
    acknowledged: acknowledged.size,
    stored_unacknowledged: count(unique, ({ id }) => counted.stored.has(id) && !acknowledged.has(id)),
    lost: count(good, (delivery) => acknowledged.has(delivery.id) && tasksOf(delivery).length === 0),
    duplicate_effects: count(unique, (delivery) => tasksOf(delivery).length > 1),
    strayed: count(unique, (delivery) =>
      tasksOf(delivery).some((tenant) => tenant !== sources[delivery.source]?.tenantId),
    ),
    poison: poisoned.length,
    poison_lost: count(poisoned, (delivery) => acknowledged.has(delivery.id) && lettersOf(delivery).length !== 1),
    poison_wrong_attempts: count(poisoned, wronglyTried),
    harmed:
      count(good, (delivery) => lettersOf(delivery).length > 0) +
      count(poisoned, (delivery) => tasksOf(delivery).length > 0),
  };
}

const sentences: Readonly<Partial<Record<keyof Verdict, string>>> = {
  lost: 'acknowledged webhooks had no effect',
  duplicate_effects: 'webhooks had more than one effect',
  strayed: 'webhooks had an effect in another organization',
  poison_lost: 'poison webhooks are not in dead letters exactly once',
  poison_wrong_attempts: 'dead letters were not given exactly the configured attempts',
  harmed: 'webhooks are dead letters although they could be processed, or the reverse',
};

/** A sentence for each thing that must not be. */
export function failuresOf(verdict: Verdict): readonly string[] {
  return Object.entries(sentences)
    .map(([name, sentence]) => ({ sentence, amount: verdict[name as keyof Verdict] }))
    .filter(({ amount }) => amount > 0)
    .map(({ sentence, amount }) => `${String(amount)} ${sentence}`);
}
