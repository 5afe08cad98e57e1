import { refuseMarks, type Sweeping } from './operations.ts';
import { readAnswer } from './answer.ts';
import type { Described } from './document.ts';

/** Presents to every list as B the place at which A's page ended; returns how many places there were. */
export async function sweepCursors(sweeping: Sweeping, operations: readonly Described[]): Promise<number> {
  const { instance, findings } = sweeping;
  const { a, b, apiUrl } = instance;
  let presented = 0;
  for (const { id, path } of operations.filter(isList)) {
    const page = await get(`${apiUrl}${path}?limit=1`, a.key);
    const cursor = /"nextCursor":"([^"]+)"/u.exec(page.text)?.[1];
    if (cursor === undefined) continue;
    const answer = await get(`${apiUrl}${path}?limit=200&cursor=${encodeURIComponent(cursor)}`, b.key);
    refuseMarks(sweeping, `${id} from a cursor of A`, answer, [cursor]);
    if (answer.status >= 500) findings.problems.push(`${id} fails on a cursor of A: ${answer.text.slice(0, 120)}`);
    presented += 1;
    findings.requests += 2;
  }
  return presented;
}

function isList({ method, parameters, path }: Described): boolean {
  const required = parameters.some(({ in: part, required: needed }) => part === 'query' && needed === true);
  return method === 'GET' && !path.includes('{') && !required && parameters.some(({ name }) => name === 'cursor');
}

async function get(url: string, key: string) {
  return readAnswer(await fetch(url, { headers: { authorization: `Bearer ${key}` } }));
}
