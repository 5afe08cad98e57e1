import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { operations, type Client } from '@devmesh/api';
import { verifyTrail, type Verdict } from '@devmesh/features';
import { MeshError } from '@devmesh/foundation';
import { defineCommand } from 'citty';
import { paint } from '../output/style.ts';
import { connectAs, connection } from '../verbs/verbs.ts';

const fingerprintShape = /^[0-9a-f]{64}$/u;

/** `devmesh audit verify FILE`: whether an exported trail is what was signed, offline; without a file, whether the stored one is. */
export const auditVerify = defineCommand({
  meta: {
    name: 'verify',
    description:
      'Verify an exported trail offline, or, without FILE, compare the stored trail of a server with its chain; exits with 1 where anything is wrong',
  },
  args: {
    file: { type: 'positional', required: false, description: 'The exported file; - for standard input' },
    fingerprint: {
      type: 'string',
      description: 'With FILE: the fingerprint of a key that the trail must be signed with',
    },
    after: {
      type: 'string',
      description: 'With FILE: a file with a checkpoint that was kept apart, which the trail must hold',
    },
    ...connection,
  },
  run: async ({ args }) => {
    const told = args.json === true ? tellJson : tellPeople;
    const good =
      args.file === undefined
        ? await verifyServer(connectAs(args, operations.audit.verify), told)
        : await verifyFile(args.file, { fingerprint: args.fingerprint, after: args.after }, told);
    if (!good) process.exitCode = 1;
  },
});

type Told = (verdict: Readonly<Record<string, unknown>>, good: boolean) => void;

interface Known {
  readonly fingerprint: string | undefined;
  readonly after: string | undefined;
}

async function verifyFile(file: string, { fingerprint, after }: Known, told: Told): Promise<boolean> {
  if (fingerprint !== undefined && !fingerprintShape.test(fingerprint)) {
    throw new MeshError('invalid_request', 'A fingerprint has 64 hex digits; `devmesh audit keys` lists them.');
  }
  const verdict = await verifyTrail(file === '-' ? process.stdin : createReadStream(file), {
    fingerprint,
    after: after === undefined ? undefined : await readNote(after),
    onProgress: (entries) => progress(`${entries.toLocaleString('en')} entries`),
  });
  told(factsOf(verdict), verdict.ok);
  if (verdict.ok && fingerprint === undefined) {
    console.error(
      'The key was taken from the file: compare its fingerprint with one that you kept, or give --fingerprint.',
    );
  }
  return verdict.ok;
}

/** A note as it is, or as the answer of `devmesh audit checkpoint --json` has it. */
async function readNote(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  if (!text.startsWith('{')) return text;
  return String((JSON.parse(text) as { readonly note?: unknown }).note);
}

function factsOf(verdict: Verdict): Readonly<Record<string, unknown>> {
  if (!verdict.ok) return { verified: false, entriesBefore: verdict.entries, ...verdict.finding };
  const { tenantId, from, to, entries, checkpoints, closedAt, fingerprints } = verdict;
  return { verified: true, organization: tenantId, from, to, entries, checkpoints, closedAt, keys: fingerprints };
}

async function verifyServer(client: Client, told: Told): Promise<boolean> {
  let after: number | undefined;
  let from: number | undefined;
  let checkpoints = 0;
  for (;;) {
    const part = await client.audit.verify({ query: { after } });
    from ??= part.after + 1;
    checkpoints += part.checkpoints;
    if (part.finding !== undefined) {
      told({ verified: false, ...part.finding }, false);
      return false;
    }
    progress(`${String(part.to)} of ${String(part.head)}`);
    if (part.to >= part.head) {
      told({ verified: true, from, to: part.to, checkpoints }, true);
      return true;
    }
    after = part.to;
  }
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001B[K\r`);
}

function tellJson(facts: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify(facts, null, 2));
}

function tellPeople(
  { verified: _verified, sentence, ...facts }: Readonly<Record<string, unknown>>,
  good: boolean,
): void {
  console.log(good ? paint('green', 'Verified.') : paint('red', `Not verified. ${String(sentence)}`));
  for (const [name, value] of Object.entries(facts)) {
    if (value !== undefined)
      console.log(
        `${paint('dim', name)}  ${typeof value === 'string' ? value : Array.isArray(value) ? value.join(' ') : JSON.stringify(value)}`,
      );
  }
}
