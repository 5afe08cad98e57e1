import type { Random } from './random.ts';

/** A webhook that a sender has to bring to us. */
export interface Delivery {
  readonly id: string;
  /** Which of the sources it is sent to. */
  readonly source: number;
  /** Whether it lacks what the rule's title names, so that it can never be processed. */
  readonly poison: boolean;
}

interface DeliveryOptions {
  readonly events: number;
  readonly sources: number;
  /** Per cent. */
  readonly poison: number;
  readonly random: Random;
}

/** What the mesh is told to give an event before it is a dead letter; not its default, so that the setting is proved too. */
export const configuredAttempts = 4;

const duplicateShare = 0.03;
// Their tries take half a minute by themselves, so that they come early enough.
const poisonWithin = 0.6;

/** Deliveries in the order in which they are sent. About 3 % are sent twice: at once, or much later, as real senders do. */
export function planDeliveries({ events, sources, poison, random }: DeliveryOptions): readonly Delivery[] {
  const early = Math.floor(events * poisonWithin);
  const poisoned = new Set(
    random
      .shuffle(Array.from({ length: early }, (_value, index) => index))
      .slice(0, Math.ceil((events * poison) / 100)),
  );
  const planned = Array.from({ length: events }, (_value, index): Delivery => ({
    id: `d-${String(index).padStart(6, '0')}`,
    source: random.between(0, sources),
    poison: poisoned.has(index),
  }));
  return withDuplicates(planned, random);
}

function withDuplicates(planned: readonly Delivery[], random: Random): readonly Delivery[] {
  const again = new Map<number, Delivery[]>();
  planned.forEach((delivery, index) => {
    if (random.next() >= duplicateShare) return;
    const place = random.next() < 0.5 ? index : random.between(index, planned.length);
    again.set(place, [...(again.get(place) ?? []), delivery]);
  });
  return planned.flatMap((delivery, index) => [delivery, ...(again.get(index) ?? [])]);
}

/** The body of a delivery: the rule's title names `delivery`, which a poison one lacks. */
export function bodyOf({ id, poison }: Delivery): string {
  return JSON.stringify({
    ...(poison ? {} : { delivery: id }),
    sent: id,
    ref: 'refs/heads/main',
    repository: { full_name: 'acme/shop', private: true },
    commits: [{ message: 'A change that says enough to be a payload of the usual size', added: ['src/index.ts'] }],
  });
}
