import type { Party } from '../instance/instance.ts';
import type { Belongings } from './belongings.ts';
import type { Described } from './document.ts';
import { kindOf } from './things.ts';

interface Page {
  readonly items?: readonly Readonly<Record<string, unknown>>[];
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu;
/** What a list tells that moves on without anybody's doing. */
const moving =
  /"(?:lastUsedAt|lastSeenAt|lastSignedInAt|nextCursor|online|position|remaining|resetSeconds)":(?:"[^"]*"|[\w.]+),?/gu;
/** Lists of what was asked for and what happens, which grow while the proof asks. */
const growing = /\/(?:audit|events|sessions|principal|usage|health)\b/u;

/** What an organization has as its own lists tell it: for an instance whose database is out of reach. */
export async function listAll(url: string, party: Party, operations: readonly Described[]): Promise<Belongings> {
  const ids = new Map<string, readonly string[]>();
  const digests = new Map<string, string>();
  const marks = new Set<string>([party.organizationId]);
  for (const { id, path } of operations.filter(isList)) {
    const response = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${party.key}` } });
    if (!response.ok) continue;
    const text = await response.text();
    for (const [found] of text.matchAll(uuid)) marks.add(found);
    if (!growing.test(path)) digests.set(id, text.replaceAll(moving, ''));
    for (const kind of kindsListed(path, operations)) ids.set(kind, idsOf(text));
  }
  return { ids, marks, digests };
}

function isList({ method, path, parameters, scope, stream }: Described): boolean {
  const asks = parameters.some(({ required }) => required === true);
  return method === 'GET' && scope !== undefined && !stream && !asks && !path.includes('{');
}

/** `/tasks` lists what `/tasks/{taskId}` names. */
function kindsListed(path: string, operations: readonly Described[]): readonly string[] {
  return operations.flatMap((operation) => {
    const field = operation.path.startsWith(`${path}/{`) ? /\{(\w+)\}/u.exec(operation.path)?.[1] : undefined;
    return field === undefined ? [] : [kindOf(operation.id, field)];
  });
}

function idsOf(text: string): readonly string[] {
  const { items = [] } = JSON.parse(text) as Page;
  return items.flatMap(({ id, name }) => (typeof id === 'string' ? [id] : typeof name === 'string' ? [name] : []));
}
