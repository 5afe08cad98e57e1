import type { Described } from './document.ts';
import { notReached } from './exceptions.ts';
import { codeOf, exampleFor, type Sweeping } from './operations.ts';
import { placesOf } from './places.ts';
import { noIds } from './exceptions.ts';
import { ask } from './request.ts';
import { plain } from './spellings.ts';
import { tableOf } from './things.ts';

const order = ['GET', 'PUT', 'PATCH', 'POST', 'DELETE'];

/**
 * Asks last for A's things as A: what A itself is told does not exist was no id of that kind, so that asking for it as B
 * proved nothing. Returns how many places were found good.
 */
export async function controlAsA(sweeping: Sweeping, operations: readonly Described[]): Promise<number> {
  const { instance, a, findings } = sweeping;
  let reached = 0;
  const inOrder = operations
    .filter(({ scope, stream }) => scope !== undefined && !stream)
    // Of an instance that runs elsewhere nothing is changed for the sake of a control.
    .filter(({ method }) => instance.ground !== undefined || method === 'GET')
    .toSorted((one, other) => order.indexOf(one.method) - order.indexOf(other.method));
  for (const operation of inOrder) {
    for (const place of placesOf(operation).filter(({ part }) => part === 'path')) {
      const where = `${operation.id} ${place.field}`;
      if (noIds[where] !== undefined || notReached[where] !== undefined) continue;
      const own = new Set(sweeping.b.ids.get(tableOf(operation.id, place.field, a.ids.keys()) ?? ''));
      const ids = a.ids.get(tableOf(operation.id, place.field, a.ids.keys()) ?? '') ?? [];
      const id = ids.find((candidate) => !own.has(candidate));
      if (id === undefined) continue;
      const answer = await ask(
        operation,
        exampleFor(sweeping, operation, a),
        { place, id, spelling: plain },
        {
          url: instance.apiUrl,
          key: instance.a.key,
        },
      );
      const gone = operation.method === 'DELETE' && answer.status === 404;
      if (codeOf(answer) === 'not_found' && !gone) {
        findings.problems.push(
          `${where}: A itself is told that ${id} does not exist, so B's asking for it proves nothing`,
        );
      } else reached += 1;
    }
  }
  return reached;
}
