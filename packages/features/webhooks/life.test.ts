import type { RuleOfSource } from '@devmesh/api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advanceReplays } from './replayer.ts';
import { countBeginning } from './store-processing.ts';
import { attempts, openTestWebhooks, type TestOrganization, type TestWebhooks } from './webhooks.fixture.ts';

type Step =
  | { readonly kind: 'send'; readonly bad: boolean }
  | { readonly kind: 'process'; readonly pick: number; readonly times: number; readonly suspect: boolean }
  | { readonly kind: 'crash' | 'redrive' | 'discard' | 'replay'; readonly pick: number }
  | { readonly kind: 'mend' | 'break' | 'redriveMany' }
  | { readonly kind: 'replayRange'; readonly status: 'processed' | 'dead' | undefined };

/** How one event should stand. */
interface Expected {
  readonly id: string;
  readonly bad: boolean;
  status: 'received' | 'processed' | 'dead';
  attempts: number;
  run: number;
  /** The runs that had their effect, once each. */
  effects: number[];
  letters: ('open' | 'redriven' | 'replayed' | 'discarded')[];
}

const pick = fc.nat({ max: 7 });
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('send' as const), bad: fc.boolean() }) },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('process' as const),
        pick,
        times: fc.integer({ min: 1, max: 4 }),
        suspect: fc.boolean(),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'redrive', 'discard', 'replay'), pick }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('mend' as const, 'break', 'redriveMany') }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('replayRange' as const),
        status: fc.constantFrom('processed' as const, 'dead' as const, undefined),
      }),
    },
  ),
  { minLength: 5, maxLength: 25 },
);

const fragile = { or: [{ '!': [{ var: 'payload.bad' }] }, { '>': [{ var: 'payload.name' }, 3] }] };
const rule: RuleOfSource = {
  events: ['push'],
  condition: fragile,
  action: { type: 'task', title: '{name}', capability: 'x', priority: 5, description: '' },
};

describe('the life of an event', () => {
  let mesh: TestWebhooks;
  beforeAll(async () => {
    mesh = await openTestWebhooks();
  });
  afterAll(() => mesh.close());

  const play = async (organization: TestOrganization, played: readonly Step[]): Promise<readonly Expected[]> => {
    const { principal, tenantId } = organization;
    const { webhooks } = mesh;
    const model: Expected[] = [];
    let broken = true;
    const putBack = (event: Expected, how: 'redriven' | 'replayed'): void => {
      Object.assign(event, { status: 'received', attempts: 0, run: event.run + 1 });
      event.letters = event.letters.map((letter) => (letter === 'open' ? how : letter));
    };
    const openLetterOf = async ({ id }: Expected): Promise<string | undefined> => {
      const { items } = await webhooks.listDeadLetters(principal, { limit: 200 });
      return items.find(({ eventId, resolution }) => eventId === id && resolution === null)?.id;
    };
    const anyLetterOf = async ({ id }: Expected): Promise<string | undefined> => {
      const { items } = await webhooks.listDeadLetters(principal, { limit: 200 });
      return items.findLast(({ eventId }) => eventId === id)?.id;
    };
    const tryOnce = (event: Expected): void => {
      if (event.status !== 'received') return;
      event.attempts += 1;
      if (!event.bad || !broken) {
        event.status = 'processed';
        event.effects.push(event.run);
      } else if (event.attempts === attempts) {
        event.status = 'dead';
        event.letters.push('open');
      }
    };
    const setCondition = async (condition: RuleOfSource['condition'] | null): Promise<void> => {
      const { items } = await mesh.automation.listRules(principal, { limit: 1 });
      await mesh.automation.updateRule(principal, items[0]!.id, { condition });
    };

    const perform: { readonly [Kind in Step['kind']]: (step: Extract<Step, { kind: Kind }>) => Promise<void> } = {
      send: async ({ bad }) => {
        const id = await organization.send({ name: `event ${String(model.length)}`, bad });
        model.push({ id, bad, status: 'received', attempts: 0, run: 1, effects: [], letters: [] });
      },
      process: async ({ pick: index, times, suspect }) => {
        const event = model[index % Math.max(1, model.length)];
        if (event === undefined) return;
        // One after the other: each try counts. At once: the row admits one of them at a time.
        for (let time = 0; time < times; time++) await mesh.processor.process(tenantId, event.id, suspect);
        for (let time = 0; time < times; time++) tryOnce(event);
      },
      crash: async ({ pick: index }) => {
        const event = model[index % Math.max(1, model.length)];
        if (event === undefined) return;
        await mesh.database.tenant(tenantId, (tx) => countBeginning(tx, event.id));
        await mesh.processor.process(tenantId, event.id);
        tryOnce(event);
      },
      redrive: async ({ pick: index }) => {
        const event = model[index % Math.max(1, model.length)];
        const letter = event === undefined ? undefined : await anyLetterOf(event);
        if (event === undefined || letter === undefined) return;
        const { resolution } = await webhooks.getDeadLetter(principal, letter);
        await webhooks.redrive(principal, letter);
        await webhooks.redrive(principal, letter);
        if (resolution === null) putBack(event, 'redriven');
      },
      discard: async ({ pick: index }) => {
        const event = model[index % Math.max(1, model.length)];
        const letter = event === undefined ? undefined : await openLetterOf(event);
        if (event === undefined || letter === undefined) return;
        await webhooks.discard(principal, letter, 'not wanted');
        event.letters = event.letters.map((one) => (one === 'open' ? 'discarded' : one));
      },
      replay: async ({ pick: index }) => {
        const event = model[index % Math.max(1, model.length)];
        if (event === undefined) return;
        const replayed = webhooks.replay(principal, event.id, () => Promise.resolve());
        if (event.status === 'received') {
          await expect(replayed).rejects.toMatchObject({ code: 'invalid_state' });
          return;
        }
        await replayed;
        putBack(event, 'replayed');
      },
      mend: async () => {
        broken = false;
        await setCondition(null);
      },
      break: async () => {
        broken = true;
        await setCondition(fragile);
      },
      redriveMany: async () => {
        const { redriven } = await webhooks.redriveMany(principal, {}, 500);
        const open = model.filter(({ letters }) => letters.includes('open'));
        expect(redriven).toBe(open.length);
        for (const event of open) putBack(event, 'redriven');
      },
      replayRange: async ({ status }) => {
        const filter = { from: new Date(0), to: new Date(Date.now() + 60_000), status };
        const { id } = await webhooks.startReplay(principal, filter, () => Promise.resolve());
        await advanceReplays({ ...mesh.processing, stream: mesh.stream }, new AbortController().signal);
        const meant = model.filter(
          (event) => event.status !== 'received' && [undefined, event.status].includes(status),
        );
        const { replayed, state } = await webhooks.getReplay(principal, id);
        expect({ replayed, state }).toEqual({ replayed: meant.length, state: 'finished' });
        for (const event of meant) putBack(event, 'replayed');
      },
    };
    for (const step of played) await perform[step.kind](step as never);
    return model;
  };

  it('has one effect for each run that was processed, whatever is done to it in whichever order [webhooks.redrive]', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (played) => {
        const organization = await mesh.organization([rule]);
        const model = await play(organization, played);
        const { principal } = organization;
        const { items: letters } = await mesh.webhooks.listDeadLetters(principal, { limit: 200 });
        const titles = await organization.titles();
        for (const [index, expected] of model.entries()) {
          const event = await mesh.webhooks.getEvent(principal, expected.id);
          expect({ status: event.status, attempts: event.attempts, run: event.run }).toEqual({
            status: expected.status,
            attempts: expected.attempts,
            run: expected.run,
          });
          expect(event.effects.map(({ run }) => run)).toEqual(expected.effects);
          expect(titles.filter((title) => title === `event ${String(index)}`)).toHaveLength(expected.effects.length);
          const own = letters.filter(({ eventId }) => eventId === expected.id).toReversed();
          expect(own.map(({ resolution }) => resolution ?? 'open')).toEqual(expected.letters);
          expect(new Set(own.map((letter) => letter.attempts))).toEqual(new Set(own.length === 0 ? [] : [attempts]));
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});
