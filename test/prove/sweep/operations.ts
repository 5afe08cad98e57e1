import { newId } from '@devmesh/foundation';
import type { Instance } from '../instance/instance.ts';
import { comparable, type Answer } from './answer.ts';
import type { Belongings } from './belongings.ts';
import type { Described } from './document.ts';
import type { Example } from './example.ts';
import { endsCaller, neverValid, noIds, tellsApart } from './exceptions.ts';
import { alwaysFor, hintsFor } from './hints.ts';
import { placesOf, type Place } from './places.ts';
import type { Findings } from './report.ts';
import { ask, givenIn } from './request.ts';
import { plain, writings, type Spelling } from './spellings.ts';
import { tableOf } from './things.ts';

export interface Sweeping {
  readonly instance: Instance;
  readonly a: Belongings;
  readonly b: Belongings;
  /** What only A has. */
  readonly marks: ReadonlySet<string>;
  readonly spellings: readonly Spelling[];
  readonly findings: Findings;
}

/** Asks every operation as B that can be asked without an id; first of all, for later B's own trail names what B asked for. */
export async function askWithoutIds(sweeping: Sweeping, operations: readonly Described[]): Promise<void> {
  for (const operation of operations) {
    if (!placesOf(operation).some(({ part }) => part === 'path')) await askWithout(sweeping, operation);
  }
}

/** Asks every operation as B with ids of A, in every place that takes one. */
export async function sweepOperations(sweeping: Sweeping, operations: readonly Described[]): Promise<void> {
  for (const operation of operations) {
    const places = placesOf(operation).filter(({ field }) => noIds[`${operation.id} ${field}`] === undefined);
    for (const place of places) await sweepPlace(sweeping, operation, place);
    if (!operation.stream) sweeping.findings.swept.add(operation.id);
  }
}

/** Something of A's of which B has no namesake. */
function onlyOf({ a, b }: Sweeping, table: string): string | undefined {
  const own = new Set(b.ids.get(table));
  return a.ids.get(table)?.find((id) => !own.has(id));
}

/** The example of a request in which every other id is the caller's own. */
export function exampleFor(
  { instance }: Pick<Sweeping, 'instance'>,
  operation: Pick<Described, 'id'>,
  own: Belongings,
): Example {
  return {
    operation: operation.id,
    hints: hintsFor(instance),
    always: alwaysFor(instance)[operation.id] ?? {},
    idFor: (field) => own.ids.get(tableOf(operation.id, field, own.ids.keys()) ?? '')?.[0] ?? newId(),
  };
}

async function sweepPlace(sweeping: Sweeping, operation: Described, place: Place): Promise<void> {
  const { a, findings, spellings } = sweeping;
  const table = tableOf(operation.id, place.field, a.ids.keys());
  const id = onlyOf(sweeping, table ?? '');
  const where = `${operation.id} ${place.part} ${place.field}`;
  if (id === undefined) {
    const to = sweeping.instance.ground === undefined ? findings.leftOut : findings.problems;
    to.push(`${where}: nothing of A is known that could be asked for; say in things.ts what it names`);
    return;
  }
  await compare(sweeping, operation, { place, id, spelling: plain, kind: 'its own kind' });
  for (const spelling of spellings) await compare(sweeping, operation, { place, id, spelling, kind: 'its own kind' });
  const others = ['tasks', 'api_keys', 'organizations'].filter((other) => other !== table && spellings.length > 1);
  for (const other of others) {
    const wrong = a.ids.get(other)?.[0];
    if (wrong !== undefined) await compare(sweeping, operation, { place, id: wrong, spelling: plain, kind: other });
  }
}

interface Trial {
  readonly place: Place;
  readonly id: string;
  readonly spelling: Spelling;
  readonly kind: string;
}

async function compare(sweeping: Sweeping, operation: Described, trial: Trial): Promise<void> {
  const { instance, b, findings } = sweeping;
  const example = exampleFor(sweeping, operation, b);
  const key = operation.scope === undefined ? undefined : instance.b.key;
  const sending = { url: instance.apiUrl, key };
  const random = { ...trial, id: randomLike(trial.id) };
  const ofRandom = await ask(operation, example, random, sending);
  const ofForeign = await ask(operation, example, trial, sending);
  findings.requests += 2;
  const where = `${operation.id} with a foreign ${trial.place.field} of ${trial.kind} ${trial.spelling.name}`;
  const same = comparable(ofForeign, trial.id, givenIn(trial)) === comparable(ofRandom, random.id, givenIn(random));
  if (!same && tellsApart[operation.id] === undefined) {
    findings.problems.push(`${where} answers ${show(ofForeign)}, with a random one ${show(ofRandom)}`);
  }
  refuseMarks(sweeping, where, ofForeign, writings(trial.id, givenIn(trial)));
  refuseInvalid(findings, operation, trial, ofRandom);
  for (const { answer, put } of [
    { answer: ofForeign, put: trial },
    { answer: ofRandom, put: random },
  ]) {
    if (key !== undefined && codeOf(answer) === 'not_found')
      expectEntry(findings, operation, givenIn(put), put.spelling);
  }
}

/** A request that is wrong in itself never reaches the ids, and proves nothing. */
function refuseInvalid(findings: Findings, operation: Described, trial: Trial, answer: Answer): void {
  if (trial.spelling !== plain || answer.status !== 400 || neverValid[operation.id] !== undefined) return;
  findings.problems.push(`${operation.id} was not asked in earnest: ${show(answer)}`);
}

function expectEntry(findings: Findings, operation: Described, given: string, spelling: Spelling): void {
  const subject = spelling.encoded === true ? decodeURIComponent(given) : given;
  findings.attempts.set(`${operation.id} ${subject}`, { operation: operation.id, subject });
}

/** An id of nobody that is written alike; names keep their letters' number. */
function randomLike(id: string): string {
  return /^[0-9a-f-]{36}$/u.test(id)
    ? newId()
    : `zz${newId().replaceAll('-', '')}`.slice(0, id.length).padEnd(id.length, 'z');
}

async function askWithout(sweeping: Sweeping, operation: Described): Promise<void> {
  if (operation.stream || endsCaller[operation.id] !== undefined) return;
  const { instance, b } = sweeping;
  const key = operation.scope === undefined ? undefined : instance.b.key;
  const example = exampleFor(sweeping, operation, b);
  const answer = await ask(operation, example, undefined, { url: instance.apiUrl, key });
  sweeping.findings.requests += 1;
  refuseMarks(sweeping, `${operation.id} without any id`, answer, []);
  if (answer.status === 401 && operation.scope !== undefined) {
    sweeping.findings.problems.push(`${operation.id} found B without a valid key: something ended it before`);
  }
}

/** Nothing that only A has may stand in an answer to B, but what B asked with. */
export function refuseMarks(
  { marks, findings }: Pick<Sweeping, 'marks' | 'findings'>,
  where: string,
  answer: Pick<Answer, 'headers' | 'text'>,
  given: readonly string[],
): void {
  const said = given.reduce((rest, text) => rest.replaceAll(text, ''), JSON.stringify(answer.headers) + answer.text);
  const found = [...marks].filter((mark) => said.includes(mark));
  if (found.length > 0) findings.problems.push(`${where} tells B what only A has: ${found.slice(0, 3).join(', ')}`);
}

export function codeOf({ text }: Pick<Answer, 'text'>): string | undefined {
  return /"code":"(\w+)"/u.exec(text)?.[1];
}

function show({ status, text }: Answer): string {
  return `${String(status)} ${text.slice(0, 160)}`;
}
