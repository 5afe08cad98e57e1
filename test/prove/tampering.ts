import { createHash } from 'node:crypto';
import { canonicalJson } from '@devmesh/foundation';
import { verifyTrail, type Verdict } from '@devmesh/features';

/** The ways in which an exported trail is tampered with. */
type TamperingKind =
  | 'edit'
  | 'delete'
  | 'insert'
  | 'reorder'
  | 'truncate'
  | 'replace-tail'
  | 'swap-tenants'
  | 'rewrite-checkpoint';

/** One attempt, as a clumsy hand makes it or one that computes every hash anew. */
export interface TamperingResult {
  readonly kind: TamperingKind;
  readonly way: string;
  /** Whether the verifier refused the file. */
  readonly found: boolean;
  readonly sentence: string;
}

type Line = Readonly<Record<string, unknown>> & { readonly type: string };
type EntryLine = Line & { readonly seq: number; readonly entry: Readonly<Record<string, unknown>> };

/** An export taken apart, by the format as docs/audit.md describes it and not by the product's own code. */
interface Trail {
  readonly lines: readonly Line[];
  readonly tenant: string;
}

interface Tampering {
  readonly kind: TamperingKind;
  readonly way: string;
  readonly tamper: (trail: Trail, other: Trail) => readonly Line[];
}

const middle = (trail: Trail): number => Math.floor(trail.lines.length / 2);

interface Pair {
  readonly at: number;
  readonly one: Line;
  readonly next: Line;
}

/** Two entries in the middle that stand next to each other. */
function pairOf(trail: Trail): Pair {
  for (let at = middle(trail); at < trail.lines.length; at += 1) {
    const [one, next] = trail.lines.slice(at, at + 2);
    if (one?.type === 'entry' && next?.type === 'entry') return { at, one, next };
  }
  throw new Error('the trail is too short to be tampered with');
}

function edited(line: Line): Line {
  return { ...line, entry: { ...(line as EntryLine).entry, actor: 'key:somebody-else' } };
}

const replaceAt = (lines: readonly Line[], at: number, ...anew: readonly Line[]): readonly Line[] => [
  ...lines.slice(0, at),
  ...anew,
  ...lines.slice(at + 1),
];

/** Numbers, hashes and links entries anew, as whoever knows the format can. */
function resealed(lines: readonly Line[], tenant: string): readonly Line[] {
  const header = lines[0];
  const from = Number(header?.['from']);
  let seq = from - 1;
  let chain = startOf(header, tenant);
  return lines.map((line) => {
    if (line.type !== 'entry') return line;
    seq += 1;
    const hash = sha256(`devmesh/audit/entry/1\n${tenant}\n${canonicalJson(line['entry'])}`);
    chain = sha256(`devmesh/audit/link/1\n${String(seq)}\n`, chain, hash);
    return { ...line, seq, hash: hash.toString('hex'), chain: chain.toString('hex') };
  });
}

function startOf(header: Line | undefined, tenant: string): Buffer {
  const start = header?.['start'];
  if (typeof start === 'string') return Buffer.from(start.split('\n')[2] ?? '', 'base64');
  return sha256(`devmesh/audit/genesis/1\n${tenant}\n`);
}

function sha256(...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Lets the header promise as many entries as there are. */
function promising(lines: readonly Line[]): readonly Line[] {
  const count = lines.filter(({ type }) => type === 'entry').length;
  return lines.map((line) => (line.type === 'header' ? { ...line, to: Number(line['from']) - 1 + count } : line));
}

const isEntry = ({ type }: Line): boolean => type === 'entry';

function withoutTail({ lines }: Trail, entries: number): readonly Line[] {
  const gone = new Set(lines.filter(isEntry).slice(-entries));
  return lines.filter((line) => !gone.has(line));
}

const tamperings: readonly Tampering[] = [
  { kind: 'edit', way: 'one field', tamper: (trail) => withEdit(trail) },
  { kind: 'edit', way: 'one field, resealed', tamper: (trail) => resealed(withEdit(trail), trail.tenant) },
  { kind: 'delete', way: 'one entry', tamper: ({ lines }) => lines.filter((line) => line !== lines.find(isEntry)) },
  {
    kind: 'delete',
    way: 'one entry, resealed and promised',
    tamper: ({ lines, tenant }) =>
      promising(
        resealed(
          lines.filter((line) => line !== lines.find(isEntry)),
          tenant,
        ),
      ),
  },
  { kind: 'insert', way: 'one entry twice', tamper: (trail) => doubled(trail) },
  {
    kind: 'insert',
    way: 'one entry, resealed and promised',
    tamper: (trail) => promising(resealed(doubled(trail), trail.tenant)),
  },
  { kind: 'reorder', way: 'two entries', tamper: (trail) => swapped(trail) },
  { kind: 'reorder', way: 'two entries, resealed', tamper: (trail) => resealed(swapped(trail), trail.tenant) },
  { kind: 'truncate', way: 'the last lines', tamper: ({ lines }) => lines.slice(0, -2) },
  { kind: 'truncate', way: 'the last entries, still closed', tamper: (trail) => withoutTail(trail, 2) },
  { kind: 'truncate', way: 'the last entries, promised', tamper: (trail) => promising(withoutTail(trail, 2)) },
  { kind: 'replace-tail', way: 'resealed', tamper: (trail) => withTail(trail) },
  {
    kind: 'replace-tail',
    way: 'without the checkpoints that tell',
    tamper: (trail) => withTail(trail).filter(({ type }) => type !== 'checkpoint'),
  },
  { kind: 'swap-tenants', way: 'the name in the header', tamper: ({ lines }, { tenant }) => renamed(lines, tenant) },
  {
    kind: 'swap-tenants',
    way: 'the name, resealed',
    tamper: ({ lines }, { tenant }) => resealed(renamed(lines, tenant), tenant),
  },
  {
    kind: 'swap-tenants',
    way: 'the entries of another under this header',
    tamper: ({ lines, tenant }, other) =>
      promising(
        resealed(
          [...lines.filter(({ type }) => type === 'header'), ...other.lines.filter(isEntry), ...lines.slice(-1)],
          tenant,
        ),
      ),
  },
  { kind: 'rewrite-checkpoint', way: 'its place', tamper: ({ lines }) => lines.map((line) => renoted(line, 1, '1')) },
  {
    kind: 'rewrite-checkpoint',
    way: 'its hash',
    tamper: ({ lines }) => lines.map((line) => renoted(line, 2, Buffer.alloc(32, 7).toString('base64'))),
  },
  {
    kind: 'rewrite-checkpoint',
    way: 'its time',
    tamper: ({ lines }) => lines.map((line) => renoted(line, 3, 'time 2001-01-01T00:00:00.000Z')),
  },
  {
    kind: 'rewrite-checkpoint',
    way: 'taken away',
    tamper: ({ lines }) => lines.filter(({ type }) => type !== 'checkpoint'),
  },
];

function withEdit(trail: Trail): readonly Line[] {
  const { at, one } = pairOf(trail);
  return replaceAt(trail.lines, at, edited(one));
}

function doubled(trail: Trail): readonly Line[] {
  const { at, one } = pairOf(trail);
  return replaceAt(trail.lines, at, one, one);
}

function swapped(trail: Trail): readonly Line[] {
  const { at, one, next } = pairOf(trail);
  return replaceAt(replaceAt(trail.lines, at, next), at + 1, one);
}

function withTail(trail: Trail): readonly Line[] {
  const tail = new Set(trail.lines.filter(isEntry).slice(-3));
  return resealed(
    trail.lines.map((line) => (tail.has(line) ? edited(line) : line)),
    trail.tenant,
  );
}

function renamed(lines: readonly Line[], tenant: string): readonly Line[] {
  return lines.map((line) => (line.type === 'header' ? { ...line, tenant } : line));
}

function renoted(line: Line, row: number, text: string): Line {
  if (line.type !== 'checkpoint') return line;
  const rows = String(line['note']).split('\n');
  rows[row] = text;
  return { ...line, note: rows.join('\n') };
}

interface Exports {
  /** An export of one organization with at least eight entries and a checkpoint on the way. */
  readonly trail: string;
  /** An export of another organization. */
  readonly other: string;
}

/** Tampers with an export in every way and tells what the verifier says; throws where it refuses the untampered file. */
export async function proveTampering({ trail, other }: Exports): Promise<readonly TamperingResult[]> {
  const [own, foreign] = [takeApart(trail), takeApart(other)];
  checkFormat(own, trail);
  if (!own.lines.some(({ type }) => type === 'checkpoint')) throw new Error('the export has no checkpoint on the way');
  for (const text of [trail, other]) {
    const verdict = await verify(text);
    if (!verdict.ok) throw new Error(`an untampered export is refused: ${verdict.finding.sentence}`);
  }
  const results: TamperingResult[] = [];
  for (const { kind, way, tamper } of tamperings) {
    const text = putTogether(tamper(own, foreign));
    if (text === trail) throw new Error(`${kind} (${way}) changed nothing`);
    const verdict = await verify(text);
    results.push({
      kind,
      way,
      found: !verdict.ok,
      sentence: verdict.ok ? 'It was accepted.' : verdict.finding.sentence,
    });
  }
  return results;
}

/** What a tamperer computes has to be what the product computes, or the attempts above would prove nothing. */
function checkFormat({ lines, tenant }: Trail, text: string): void {
  if (putTogether(resealed(lines, tenant)) !== text) throw new Error('the export is not sealed as docs/audit.md says');
  for (const { note } of lines) {
    if (note === undefined || JSON.stringify(note).startsWith(`"devmesh/audit/${tenant}\\n`)) continue;
    throw new Error('a checkpoint does not name the organization that it was signed for');
  }
}

function takeApart(text: string): Trail {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return { lines, tenant: String(lines[0]?.['tenant']) };
}

function putTogether(lines: readonly Line[]): string {
  return lines.map((line) => `${canonicalJson(line)}\n`).join('');
}

async function verify(text: string): Promise<Verdict> {
  return verifyTrail(
    (async function* bytes() {
      yield Buffer.from(text, 'utf8');
    })(),
  );
}
