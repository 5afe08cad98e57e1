import { newId } from '@devmesh/foundation';
import { readAnswer, type Answer } from './answer.ts';
import type { Described } from './document.ts';
import { exampleFor, type Sweeping } from './operations.ts';
import { placesOf } from './places.ts';
import { buildRequest } from './request.ts';

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu;

/** Sends every write that takes an Idempotency-Key as A, then the same with the same key as B; returns how many took it. */
export async function sweepRepeatedKeys(sweeping: Sweeping, operations: readonly Described[]): Promise<number> {
  let taken = 0;
  const writes = operations.filter(({ idempotent, scope }) => idempotent && scope !== undefined);
  for (const operation of writes.filter((one) => !placesOf(one).some(({ part }) => part === 'path'))) {
    const key = `the-same-key-${newId()}`;
    const request = buildRequest(operation, exampleFor(sweeping, operation, sweeping.a), undefined, {
      url: sweeping.instance.apiUrl,
      key: sweeping.instance.a.key,
      headers: { 'idempotency-key': key },
    });
    const body = await request.clone().text();
    const first = await readAnswer(await fetch(request));
    if (first.status >= 300) continue;
    const again = await repeat(sweeping, operation, { key, body });
    taken += 1;
    judge(sweeping, operation, { first, again, body });
  }
  return taken;
}

async function repeat(
  { instance }: Sweeping,
  { method, path }: Described,
  { key, body }: { readonly key: string; readonly body: string },
): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${instance.b.key}`,
    'content-type': 'application/json',
    'idempotency-key': key,
  };
  return readAnswer(await fetch(new URL(path, instance.apiUrl), { method, headers, body }));
}

function judge(
  { findings }: Sweeping,
  { id }: Described,
  { first, again, body }: { readonly first: Answer; readonly again: Answer; readonly body: string },
): void {
  findings.requests += 2;
  const shared = [...first.text.matchAll(uuid)].map(([found]) => found).filter((found) => !body.includes(found));
  if (shared.some((found) => again.text.includes(found))) {
    findings.problems.push(`${id} gives B the answer that A got under the same Idempotency-Key`);
  }
  if (again.status !== first.status) {
    findings.problems.push(
      `${id} lets B feel that A used an Idempotency-Key: ${String(again.status)} ${again.text.slice(0, 120)}`,
    );
  }
}
