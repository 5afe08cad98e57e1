import { canonicalJson } from '@devmesh/foundation';
import { z } from 'zod';
import { entryFields } from './entry.ts';
import { formatName, type Header } from './lines.ts';

/** A line of an export, taken apart. */
export type Line =
  | { readonly type: 'header'; readonly header: Header }
  | {
      readonly type: 'entry';
      readonly seq: number;
      /** The canonical text; undefined where the export says that the database has lost it. */
      readonly text: string | undefined;
      readonly hash: Buffer;
      readonly chain: Buffer;
    }
  | { readonly type: 'checkpoint' | 'closing'; readonly note: string };

type Members = Readonly<Record<string, unknown>>;

/** Reads a line; a sentence where it is not, to the byte, a line of this format. */
export function parseLine(text: string): Line | string {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'It is not a JSON object.';
  const members = value as Members;
  // One value has one text, so that nothing can be changed without a trace.
  if (!isCanonical(members, text)) return 'It is not canonical JSON.';
  if (members['type'] === 'entry') return readEntry(members, text);
  if (members['type'] === 'header') return readHeader(members);
  if (members['type'] === 'checkpoint' || members['type'] === 'closing') return readNoteLine(members, members['type']);
  return 'It has no type that this format knows.';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isCanonical(value: unknown, text: string): boolean {
  try {
    return canonicalJson(value) === text;
  } catch {
    // Nested deeper than anything that is exported.
    return false;
  }
}

const hex = /^[0-9a-f]{64}$/u;
const tenant = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

function readEntry({ chain, entry, hash, seq, type: _type, ...more }: Members, line: string): Line | string {
  const whole = isPlace(seq) && seq > 0 && isHash(hash) && isHash(chain) && Object.keys(more).length === 0;
  if (!whole) return 'Its members are not those of an entry.';
  const hashes = { seq, hash: Buffer.from(hash, 'hex'), chain: Buffer.from(chain, 'hex') };
  if (entry === null) return { type: 'entry', text: undefined, ...hashes };
  if (typeof entry !== 'object' || Object.keys(entry).sort().join() !== entryFields.join()) {
    return 'Its entry does not have exactly the fields of one.';
  }
  // Everything around it is of known length, and the line is known to be canonical.
  const end = line.length - `,"hash":"${hash}","seq":${String(seq)},"type":"entry"}`.length;
  return { type: 'entry', text: line.slice(`{"chain":"${chain}","entry":`.length, end), ...hashes };
}

const headerShape = z.strictObject({
  type: z.literal('header'),
  format: z.string(),
  tenant: z.string().regex(tenant),
  from: z.int().min(1),
  to: z.int().min(0),
  keys: z.array(z.string()).readonly(),
  start: z.string().nullable(),
});

function readHeader(members: Members): Line | string {
  if (members['format'] !== formatName) return `Its format is not ${formatName}.`;
  const { data } = headerShape.safeParse(members);
  if (data === undefined || data.to < data.from - 1) return 'Its members are not those of a header.';
  const { tenant: tenantId, from, to, keys, start } = data;
  return { type: 'header', header: { tenantId, from, to, keys, start: start ?? undefined } };
}

function readNoteLine({ note, type: _type, ...more }: Members, type: 'checkpoint' | 'closing'): Line | string {
  if (typeof note !== 'string' || Object.keys(more).length > 0) return 'Its members are not those of a checkpoint.';
  return { type, note };
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && hex.test(value);
}
