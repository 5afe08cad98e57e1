import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyTrail, type VerifyOptions } from './format/verify.ts';
import { openTrails, type Trails } from './trail.fixture.ts';

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const verify = (file: string | Uint8Array, options?: VerifyOptions) =>
  verifyTrail(inChunks(Buffer.from(file), 1_000), options);

let trails: Trails;
let tenantId: string;
let file: string;
beforeAll(async () => {
  trails = await openTrails();
  tenantId = await trails.newTenant();
  await trails.write(tenantId, 6);
  await trails.seal({ checkpointEntries: 1, checkpointSeconds: 0 });
  await trails.write(tenantId, 6);
  await trails.proof.rotateKey(tenantId, 'key:test');
  file = await trails.export(tenantId);
});
afterAll(() => trails.close());

describe('an exported file', () => {
  it('proves itself however it is cut into chunks', async () => {
    const entries = file.split('"type":"entry"').length - 1;
    expect(entries).toBeGreaterThanOrEqual(13);
    for (const size of [1, 7, 4_096, 1_000_000]) {
      expect(await verifyTrail(inChunks(Buffer.from(file), size))).toMatchObject({
        ok: true,
        entries,
        checkpoints: 1,
      });
    }
  });

  it('is refused with any one bit changed [audit.chained]', async () => {
    const bytes = Buffer.from(file, 'utf8');
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ (1 << bit);
        expect(await verify(altered)).toMatchObject({ ok: false });
      }),
      { numRuns: 250 },
    );
  });

  it('is refused with its lines dropped, doubled, moved or mixed [audit.chained]', async () => {
    const lines = file.split(/(?<=\n)/u);
    const place = fc.nat(lines.length - 1);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('drop', 'double', 'move', 'cut', 'blank'),
        place,
        place,
        async (how, one, other) => {
          const line = lines[one] ?? '';
          const anew = {
            drop: lines.toSpliced(one, 1),
            double: lines.toSpliced(other, 0, line),
            move: lines.toSpliced(one, 1).toSpliced(other, 0, line),
            cut: lines.slice(0, one),
            blank: lines.toSpliced(one, 0, '\n'),
          }[how];
          if (anew.join('') === file) return;
          expect(await verify(anew.join(''))).toMatchObject({ ok: false });
        },
      ),
      { numRuns: 120 },
    );
  });

  it('is refused with any value within its JSON changed, even to one that reads alike', async () => {
    const lines = file.split('\n').slice(0, -1);
    const anew = [
      [/"subject /u, '"subject  '],
      [/"outcome":"denied"/u, '"outcome":"allowed"'],
      [/"é/u, '"\\u00e9'],
      [/1\.5/u, '1.50'],
      [/,"hash"/u, ', "hash"'],
      [/"userId":"[^"]+"/u, '"userId":null'],
      [/"rule":"[^"]+"/u, '"rule":null'],
      [/"keyId":"[^"]+"/u, '"keyId":null'],
      [/"agentId":"[^"]+"/u, '"agentId":null'],
      [/"traceId":null/u, '"traceId":"other"'],
      [/"at":"2/u, '"at":"3'],
      [/"userId":/u, '"more":1,"userId":'],
    ] as const;
    for (const [pattern, text] of anew) {
      const at = lines.findIndex((line) => pattern.test(line));
      expect(at, String(pattern)).toBeGreaterThan(-1);
      const altered = lines.with(at, (lines[at] ?? '').replace(pattern, text));
      expect(await verify(`${altered.join('\n')}\n`), String(pattern)).toMatchObject({
        ok: false,
        finding: { line: at + 1 },
      });
    }
  });

  it('names the line, the place and what is wrong with the first bad entry', async () => {
    const lines = file.split('\n');
    const at = lines.findIndex((line) => line.includes('"seq":4,'));
    const altered = lines.with(at, (lines[at] ?? '').replace('agent:', 'AGENT:')).join('\n');
    expect(await verify(altered)).toEqual({
      ok: false,
      entries: 3,
      finding: {
        code: 'content',
        line: at + 1,
        seq: 4,
        sentence: 'Entry 4 is not what was sealed: its fields do not give its hash.',
      },
    });
  });

  it.each([
    ['nothing', ''],
    ['no export', 'hello\n'],
    ['deep nesting', `${'['.repeat(200_000)}\n`],
    ['a line without end', 'x'.repeat(3_000_000)],
    ['a list', '[]\n'],
    ['text that is not UTF-8', Buffer.from([0xff, 0xfe, 10])],
  ])('that is %s is refused', async (_what, text) => {
    expect(await verify(text)).toMatchObject({ ok: false });
  });
});

describe('the key of a trail', () => {
  it('is asked for by its fingerprint: every key of the trail is known through the others, another is not', async () => {
    const keys = await trails.proof.keys(tenantId);
    expect(keys.map(({ number }) => number)).toEqual([1, 2]);
    for (const { fingerprint } of keys) expect(await verify(file, { fingerprint })).toMatchObject({ ok: true });
    expect(await verify(file, { fingerprint: '0'.repeat(64) })).toMatchObject({ finding: { code: 'key', line: 1 } });
  });

  it('is not known of a trail that was made anew under another one', async () => {
    const [known] = await trails.proof.keys(tenantId);
    const stranger = await trails.newTenant();
    await trails.write(stranger, 3);
    const other = await trails.export(stranger);
    expect(await verify(other)).toMatchObject({ ok: true });
    expect(await verify(other, { fingerprint: known?.fingerprint })).toMatchObject({ finding: { code: 'key' } });
  });
});

describe('a checkpoint that was kept elsewhere', () => {
  it('is found again in every later export, and in one that begins before it', async () => {
    const { seq, note: after } = await trails.proof.checkpoint(tenantId);
    await trails.write(tenantId, 2);
    expect(await verify(await trails.export(tenantId), { after })).toMatchObject({ ok: true });
    expect(await verify(await trails.export(tenantId, { fromSeq: seq - 1 }), { after })).toMatchObject({ ok: true });
    expect(await verify(await trails.export(tenantId, { fromSeq: seq + 1 }), { after })).toMatchObject({ ok: true });
    expect(await verify(await trails.export(tenantId, { fromSeq: seq + 2 }), { after })).toMatchObject({
      finding: { code: 'after' },
    });
  });

  it('tells a trail that was cut short or belongs to somebody else', async () => {
    const { note: after } = await trails.proof.checkpoint(tenantId);
    expect(await verify(file, { after })).toMatchObject({ finding: { code: 'after' } });
    const stranger = await trails.newTenant();
    await trails.write(stranger, 30);
    expect(await verify(await trails.export(stranger), { after })).toMatchObject({ finding: { code: 'after' } });
    expect(await verify(file, { after: 'nothing' })).toMatchObject({ finding: { code: 'after' } });
  });
});
