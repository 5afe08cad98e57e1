import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Who } from './contract-model-group.ts';
import { createTopicModel, type TopicModel } from './contract-model-topic.ts';
import type { Delivery, Stream } from './port.ts';

interface Real {
  readonly stream: Stream;
  readonly topic: string;
}

const groups = ['one', 'two'];
const tenants: readonly string[] = Array.from({ length: 4 }, () => randomUUID());
const consumers = ['alice', 'bob'];
const longAgo = 3_600_000;

/** Whatever is done in whatever order, the stream does what a simple model of it does. */
export function modelContract(opened: () => Stream, oneRound: boolean): void {
  test('does what the model does, whatever happens in whatever order [stream.contract]', async () => {
    const outcome = await fc.check(
      fc.asyncProperty(fc.commands(commands(), { maxCommands: 40, size: 'max' }), async (steps) => {
        const real = { stream: opened(), topic: `test-${randomUUID().slice(0, 13)}` };
        const model = createTopicModel(oneRound);
        await fc.asyncModelRun(() => ({ model, real }), [...steps, counts, ...groups.map(finish)]);
      }),
      { numRuns: 15 },
    );
    expect(outcome.failed ? `${fc.defaultReportMessage(outcome)}\n${String(outcome.errorInstance)}` : '').toBe('');
  });
}

type Command = fc.AsyncCommand<TopicModel, Real>;

function commands(): fc.Arbitrary<Command>[] {
  const size = fc.integer({ min: 1, max: 6 });
  const reader = fc.record({ group: fc.constantFrom(...groups), consumer: fc.constantFrom(...consumers) });
  const picks = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 });
  const none = fc.constant<readonly string[]>([]);
  return [
    fc.array(fc.constantFrom(...tenants), { minLength: 1, maxLength: 8 }).map(append),
    fc.tuple(reader, size, none).map((given) => read(...given)),
    fc.tuple(reader, size, fc.subarray([...tenants], { maxLength: 2 })).map((given) => read(...given)),
    fc.tuple(reader, size, fc.boolean()).map((given) => claim(...given)),
    fc.tuple(reader, picks).map((given) => hold(...given)),
    fc.tuple(reader, picks).map((given) => release(...given)),
    fc.tuple(reader, picks).map((given) => acknowledge(...given)),
    fc.constantFrom(...groups).map(createGroup),
    fc.constant(trim),
    fc.constant(counts),
  ];
}

function command(name: string, run: Command['run']): Command {
  return { check: () => true, run, toString: () => name };
}

function named(what: string, { group, consumer }: Who, ...given: readonly unknown[]): string {
  return `${what}(${[group, consumer, ...given].map(String).join(', ')})`;
}

function append(of: readonly string[]): Command {
  const name = `append(${of.map((tenantId) => tenants.indexOf(tenantId)).join(', ')})`;
  return command(name, async (model, { stream, topic }) => {
    await stream.append(topic, model.append(of));
  });
}

function read(who: Who, count: number, except: readonly string[]): Command {
  return command(named('read', who, count, `except ${except.join(', ')}`), async (model, { stream, topic }) => {
    const batch = await stream.read({ topic, ...who }, { count, except, waitMilliseconds: 0 });
    model.group(who.group).read(who, { count, except, batch });
    model.handedOut(who.group, idsOf(batch));
  });
}

function claim(who: Who, count: number, idle: boolean): Command {
  return command(named('claim', who, count, idle), async (model, { stream, topic }) => {
    const batch = await stream.claim({ topic, ...who }, { count, idleMilliseconds: idle ? 0 : longAgo });
    const group = model.found(who.group);
    if (idle && group !== undefined) group.claim(who, { count, batch });
    else expect(batch).toEqual([]);
    model.handedOut(who.group, idsOf(batch));
  });
}

function hold(who: Who, picked: readonly number[]): Command {
  return command(named('hold', who, ...picked), async (model, { stream, topic }) => {
    await stream.hold({ topic, ...who }, model.pick(who.group, picked));
  });
}

function release(who: Who, picked: readonly number[]): Command {
  return command(named('release', who, ...picked), async (model, { stream, topic }) => {
    const entryIds = model.pick(who.group, picked);
    await stream.release({ topic, ...who }, entryIds);
    model.found(who.group)?.release(who, entryIds);
  });
}

function acknowledge(who: Who, picked: readonly number[]): Command {
  return command(named('acknowledge', who, ...picked), async (model, { stream, topic }) => {
    const entryIds = model.pick(who.group, picked);
    await stream.acknowledge(topic, who.group, entryIds);
    model.found(who.group)?.acknowledge(entryIds);
  });
}

function createGroup(group: string): Command {
  return command(`createGroup(${group})`, async (model, { stream, topic }) => {
    await stream.createGroup(topic, group);
    model.group(group);
  });
}

const trim = command('trim()', async (_model, { stream, topic }) => {
  await stream.trim(topic);
});

/** Compares the counts; where acknowledgements may leave something behind for `trim`, it trims first. */
const counts = command('counts()', async (model, { stream, topic }) => {
  await stream.trim(topic);
  const counted = [];
  for (const group of [...groups, 'nobody']) counted.push(await stream.backlog(topic, group));
  const expected = [...groups.map((group) => model.backlog(group)), { waiting: model.present(), held: 0 }];
  if (JSON.stringify(counted) !== JSON.stringify(expected)) {
    throw new Error(`The backlogs are ${JSON.stringify(counted)} and should be ${JSON.stringify(expected)}.`);
  }
});

/** In the end every entry that was not acknowledged is still to be had. */
function finish(group: string): Command {
  const who = { group, consumer: 'last' };
  return command(named('finish', who), async (model, { stream, topic }) => {
    const left = model.group(group);
    let batch: readonly Delivery[];
    do {
      batch = await stream.read({ topic, ...who }, { count: 100, waitMilliseconds: 0 });
      left.read(who, { count: 100, except: [], batch });
    } while (batch.length > 0);
    const all = await stream.claim({ topic, ...who }, { count: 1_000, idleMilliseconds: 0 });
    expect(all.map(({ subjectId }) => subjectId).toSorted()).toEqual(left.unfinished().toSorted());
  });
}

function idsOf(batch: readonly Delivery[]): readonly string[] {
  return batch.map(({ entryId }) => entryId);
}
