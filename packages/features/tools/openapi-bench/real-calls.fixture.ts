import { sql } from 'kysely';
import type { Principal } from '../../identity/index.ts';
import type { CallResult } from '../calling/present-answer.ts';
import type { ToolsBench } from '../tools.fixture.ts';
import { importServer, patience, type RealServer } from './real-servers.fixture.ts';
import { argumentsFor, variants } from './tool-arguments.fixture.ts';

type Values = Readonly<Record<string, unknown>>;

/** What a server made of a call: it did it; it understood and refuses what it means; it does not serve this path; it refuses the request's form. */
export type Verdict = 'done' | 'understood' | 'unserved' | 'refused';

/** One generated call, and what became of it. */
export interface RealCall {
  readonly operation: string;
  readonly variant: string;
  readonly verdict: Verdict;
  readonly status: number | undefined;
  readonly said: string;
}

interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly inputSchema: { readonly properties?: Values };
}

interface Session {
  readonly bench: ToolsBench;
  readonly principal: Principal;
  readonly server: RealServer;
}

/** Calls every tool of a server with generated arguments; those that delete or rename come last, after what they take is made again. */
export async function callEverything(bench: ToolsBench, server: RealServer): Promise<readonly RealCall[]> {
  const principal = await bench.newPrincipal();
  await importServer(bench, principal, server);
  const session = { bench, principal, server };
  const operations = (await operationsOf(session)).toSorted((one, other) => lateness(one) - lateness(other));
  await seed(session);
  const calls: RealCall[] = [];
  for (const operation of operations) {
    calls.push(...withinServed(await callVariants(session, operation)));
  }
  return calls;
}

async function callVariants(session: Session, operation: Operation): Promise<readonly RealCall[]> {
  const generate = argumentsFor(JSON.stringify(operation.inputSchema));
  const calls: RealCall[] = [];
  for (const variant of variants) {
    // What deletes or renames takes away what the next call needs.
    const names = lateness(operation) > 0 || operation.path.includes('{silenceID}') ? await seed(session) : noNames;
    const values = withKnown(session, operation, { ...generate(variant), ...names(operation) });
    calls.push({ operation: operation.name, variant, ...(await judged(session, operation, values)) });
  }
  return calls;
}

/** Where a server serves a path for some calls, its "not found" to others is about what they name. */
function withinServed(calls: readonly RealCall[]): readonly RealCall[] {
  const served = calls.some(({ verdict }) => verdict === 'done' || verdict === 'understood');
  return calls.map((call) => (served && call.verdict === 'unserved' ? { ...call, verdict: 'understood' } : call));
}

async function operationsOf({ bench, principal }: Session): Promise<readonly Operation[]> {
  return bench.database.tenant(principal.tenantId, async (tx) => {
    const { rows } = await sql<Operation>`
      select name, method, path, input_schema as "inputSchema" from mcp.tool_operations
      where hidden_reason is null order by name`.execute(tx);
    return rows;
  });
}

function lateness({ method, name }: Operation): number {
  return method === 'DELETE' || /prune|delete|rename/iu.test(name) ? 1 : 0;
}

const noNames = (): Values => ({});

/** Makes what calls are about; the refusals of what is there already are no matter. */
async function seed(session: Session): Promise<(operation: Operation) => Values> {
  for (const [name, values] of session.server.seeds) await answerOf(session, name, values);
  if (session.server.name !== 'alertmanager') return noNames;
  const silence = await answerOf(session, 'postSilences', {
    matchers: [{ name: 'a', value: 'b', isRegex: false }],
    startsAt: '2090-01-01T00:00:00Z',
    endsAt: '2091-01-01T00:00:00Z',
    createdBy: 'seed',
    comment: 'seed',
  });
  const silenceID = typeof silence === 'string' ? undefined : silence.structured?.['silenceID'];
  return ({ path }) => (path.includes('{silenceID}') ? { silenceID } : {});
}

function withKnown({ server }: Session, { name, inputSchema }: Operation, generated: Values): Values {
  const own = name.slice(server.name.length + 1);
  const known = server.known.flatMap(([of, values]) => (of.test(own) ? Object.entries(values) : []));
  const needed = server.needed.flatMap(([of, values]) => (of.test(own) ? Object.entries(values) : []));
  return {
    ...generated,
    ...Object.fromEntries(known.filter(([argument]) => Object.hasOwn(generated, argument))),
    ...Object.fromEntries(needed.filter(([argument]) => Object.hasOwn(inputSchema.properties ?? {}, argument))),
  };
}

/** The answer; a sentence where there was none. */
async function answerOf({ bench, principal, server }: Session, own: string, values: Values) {
  const call = { principal, name: `${server.name}_${own}`, arguments: values };
  try {
    return await bench.tools.call(call);
  } catch (error) {
    return `not answered: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function judged(session: Session, operation: Operation, values: Values) {
  const answer = await answerOf(session, operation.name.slice(session.server.name.length + 1), values);
  if (typeof answer === 'string') {
    // A stream of events has no end for anybody.
    const endless = (await plainAnswer(session, operation, values)) === withoutEnd;
    return { verdict: endless ? ('understood' as const) : ('refused' as const), status: undefined, said: answer };
  }
  const said = textOf(answer);
  const about = { status: answer.status, said: said.slice(0, 300) };
  if (!answer.isError) return { verdict: 'done' as const, ...about };
  const body = await plainAnswer(session, operation, values);
  if (session.server.unserved.test(body)) return { verdict: 'unserved' as const, ...about };
  const understood = session.server.understood.test(said);
  return { verdict: understood ? ('understood' as const) : ('refused' as const), ...about };
}

const withoutEnd = 'No answer, or one without an end: it is served.';

/** What it says to the bare method and path, asked without the product. */
async function plainAnswer({ server }: Session, { method, path }: Operation, values: Values): Promise<string> {
  const filled = path.replaceAll(/\{([^}]+)\}/gu, (_whole, name: string) => encodeURIComponent(String(values[name])));
  const headers = server.key === '' ? {} : { 'x-api-key': server.key };
  try {
    const answer = await fetch(server.baseUrl + filled, { method, headers, signal: AbortSignal.timeout(patience) });
    return await answer.text();
  } catch {
    return withoutEnd;
  }
}

function textOf({ content }: CallResult): string {
  return content.map((piece) => (piece.type === 'text' ? piece.text : '')).join('\n');
}
