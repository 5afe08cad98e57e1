import { allOperations, scopes, scopesOfKeyType } from '@devmesh/api';
import { newId, silentTelemetry } from '@devmesh/foundation';
import type { Principal } from '../identity/index.ts';
import { decide, type DecisionFacts } from './decision.ts';
import { createPolicyEngine } from './engine/policy-engine.ts';
import { mapInTurns } from './in-turns.ts';
import type { Question, ToolResource } from './question.ts';

const key: Principal = {
  tenantId: newId(),
  keyId: newId(),
  keyType: 'user',
  scopes: scopesOfKeyType.user,
  agentId: undefined,
};

/** What the decision costs: microseconds warm, without and with arguments that matter, and milliseconds for a list of 2,000 tools. */
export async function run(): Promise<Record<string, number>> {
  const engine = createPolicyEngine({ log: silentTelemetry.log });
  const figures: Record<string, number> = {};
  for (const count of [0, 10, 100]) {
    const facts = await factsOf(engine, count);
    const name = `with${String(count)}Policies`;
    const plain: Question = { resource: toolOf(1) };
    const weighed: Question = { resource: toolOf(1), arguments: { branch: 'other', title: 'T', labels: ['a', 'b'] } };
    Object.assign(figures, {
      ...spread(`${name}Micros`, () => decide(facts, key, plain)),
      ...spread(`${name}AndArgumentsMicros`, () => decide(facts, key, weighed)),
      ...spread(`${name}AndNewArgumentsMicros`, () => decide(facts, key, changing())),
      ...(await listFigures(name, await factsOf(engine, count, 'fresh'))),
    });
  }
  const operation = allOperations.find(({ id }) => id === 'tasks.create');
  if (operation === undefined) throw new Error('there is no tasks.create');
  const request: Question = {
    resource: { kind: 'operation', operation },
    arguments: { title: 'T', capability: 'code' },
  };
  const facts = await factsOf(engine, 10);
  Object.assign(
    figures,
    spread('requestMicros', () => [
      decide(facts, { ...key, scopes }, request),
      decide(facts, { ...key, scopes }, { resource: request.resource }),
    ]),
  );
  await engine.close();
  return figures;
}

let turn = 0;

/** A call whose arguments nobody has seen before. */
function changing(): Question {
  turn += 1;
  return { resource: toolOf(1), arguments: { branch: `branch-${String(turn)}`, title: 'T', labels: ['a', 'b'] } };
}

/** Half of the policies look at arguments; a tenth is about the tool that is asked for. */
async function factsOf(
  engine: ReturnType<typeof createPolicyEngine>,
  count: number,
  mark = '',
): Promise<DecisionFacts> {
  const none: DecisionFacts = { flagsOn: [], closedBy: () => undefined, judge: undefined };
  if (count === 0) return none;
  const when = 'when { context.arguments.hasTag("branch") && context.arguments.getTag("branch") == "main" }';
  const named = Array.from({ length: count - 1 }, (_none, n) => {
    const head = `principal, action == Action::"call", resource in Service::"service${String(n % 10)}"`;
    return `@id("p${String(n)}${mark}") forbid(${head}) ${n % 2 === 0 ? 'unless { resource.name like "*tool*" }' : when};`;
  });
  const { set } = await engine.read(['@id("all") permit(principal, action, resource);', ...named].join('\n'));
  if (set === undefined) throw new Error('the policies of the benchmark are wrong');
  return { ...none, judge: (principal, question) => set.judge(principal, [], question) };
}

function toolOf(n: number): ToolResource {
  const service = `service${String(n % 10)}`;
  const effect = (['read', 'write', 'destructive'] as const)[n % 3] ?? 'read';
  return {
    kind: 'tool',
    name: `${service}_tool${String(n)}`,
    service,
    tags: [],
    effect,
    method: 'GET',
    host: 'example.com',
  };
}

async function listFigures(name: string, facts: DecisionFacts): Promise<Record<string, number>> {
  const tools = Array.from({ length: 2_000 }, (_none, n) => toolOf(n));
  const list = async (): Promise<number> => {
    const startedAt = performance.now();
    await mapInTurns(tools, (resource) => decide(facts, key, { resource }));
    return performance.now() - startedAt;
  };
  const first = await list();
  const again = Math.min(await list(), await list(), await list());
  return { [`${name}ListFirstMilliseconds`]: first, [`${name}ListMilliseconds`]: again };
}

/** The median and the 99th percentile of many calls, in microseconds. */
function spread(name: string, work: () => unknown): Record<string, number> {
  const micros: number[] = [];
  for (let round = 0; round < 22_000; round++) {
    const startedAt = process.hrtime.bigint();
    work();
    if (round >= 2_000) micros.push(Number(process.hrtime.bigint() - startedAt) / 1000);
  }
  const sorted = micros.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { [`${name}P50`]: at(0.5), [`${name}P99`]: at(0.99) };
}
