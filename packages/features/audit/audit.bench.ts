import { createHash, generateKeyPairSync } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { newId } from '@devmesh/foundation';
import { genesisHash, linkHash } from './format/chain.ts';
import { signCheckpoint } from './format/checkpoint.ts';
import { entryHash, entryText } from './format/entry.ts';
import { signKeyNote } from './format/key-note.ts';
import { checkpointLine, entryLine, headerLine } from './format/lines.ts';
import { rawPublicKey } from './format/note.ts';
import { verifyTrail } from './format/verify.ts';
import { openTrails } from './trail.fixture.ts';

const entries = 1_000_000;
const checkpointEvery = 1_000;
const time = '2026-01-31T12:00:00.000Z';
const sealedEntries = 10_000;

/** How long an offline verification of a million entries takes, how much memory, and how many lines a second are sealed. */
export async function run(): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'devmesh-audit-'));
  const file = join(folder, 'trail.jsonl');
  try {
    await pipeline(Readable.from(chunksOf(syntheticLines())), createWriteStream(file));
    const startedAt = performance.now();
    const cpuAt = process.cpuUsage();
    const verdict = await verifyTrail(createReadStream(file, { highWaterMark: 1_048_576 }));
    const seconds = (performance.now() - startedAt) / 1_000;
    const { user, system } = process.cpuUsage(cpuAt);
    if (!verdict.ok || verdict.entries !== entries) throw new Error('the synthetic trail was refused');
    return {
      entries,
      megabytes: (await stat(file)).size / 1_000_000,
      verifySeconds: seconds,
      verifyProcessorSeconds: (user + system) / 1_000_000,
      entriesPerSecond: entries / seconds,
      residentMegabytes: process.memoryUsage.rss() / 1_000_000,
      sealedPerSecond: await sealingRate(),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function sealingRate(): Promise<number> {
  const trails = await openTrails();
  try {
    const tenantId = await trails.newTenant();
    for (let batch = 0; batch < sealedEntries / 100; batch += 1) {
      const facts = Array.from({ length: 100 }, () => ({
        actor: 'system:bench',
        action: 'bench.seal',
        subject: newId(),
        traceId: newId(),
      }));
      await trails.database.tenant(tenantId, (tx) => trails.audit.recordMany(tx, facts));
    }
    const startedAt = performance.now();
    let sealed = 0;
    while (sealed < sealedEntries) sealed += (await trails.seal()).sealed;
    return (sealed / (performance.now() - startedAt)) * 1_000;
  } finally {
    await trails.close();
  }
}

async function* chunksOf(lines: Iterable<string>): AsyncGenerator<string, void, undefined> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < 1_048_576) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function* syntheticLines(): Generator<string, void, undefined> {
  const tenantId = newId();
  const pair = generateKeyPairSync('ed25519');
  const signer = { publicKey: rawPublicKey(pair.publicKey), privateKey: pair.privateKey };
  const { publicKey } = signer;
  const note = signKeyNote(
    { tenantId, number: 1, publicKey, previous: undefined, afterSeq: 0, time },
    signer,
    undefined,
  );
  const digest = createHash('sha256');
  const told = (line: string): string => {
    digest.update(`${line}\n`, 'utf8');
    return `${line}\n`;
  };
  yield told(headerLine({ tenantId, from: 1, to: entries, keys: [note], start: undefined }));
  let hash = genesisHash(tenantId);
  for (let seq = 1; seq <= entries; seq += 1) {
    const text = syntheticEntry(seq);
    const own = entryHash(tenantId, text);
    hash = linkHash(hash, seq, own);
    yield told(entryLine({ seq, text, hash: own.toString('hex'), chain: hash.toString('hex') }));
    if (seq % checkpointEvery !== 0) continue;
    yield told(checkpointLine('checkpoint', signCheckpoint({ tenantId, seq, hash, time }, signer)));
  }
  const closing = signCheckpoint({ tenantId, seq: entries, hash, time, digest: digest.digest('hex') }, signer);
  yield `${checkpointLine('closing', closing)}\n`;
}

/** An entry of the size of a tool call's. */
function syntheticEntry(seq: number): string {
  const id = `0199d3a0-0000-7000-8000-${seq.toString(16).padStart(12, '0')}`;
  return entryText({
    id,
    at: '2026-01-31T12:00:00.123456Z',
    actor: `agent:${id}`,
    userId: id,
    agentId: id,
    keyId: id,
    action: 'tools.call',
    subject: 'github.issues.create',
    outcome: 'allowed',
    rule: null,
    detail: { toolId: id, host: 'api.github.com', status: 201, arguments: `sha256:${'0'.repeat(64)}` },
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  });
}
