import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from './format/key-note.ts';
import { verifyTrail, type VerifyOptions } from './format/verify.ts';
import { openTrails, type Trails } from './trail.fixture.ts';

let trails: Trails;
beforeAll(async () => {
  trails = await openTrails();
});
afterAll(() => trails.close());

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text, 'utf8');
}
const verify = (text: string, options?: VerifyOptions) => verifyTrail(bytesOf(text), options);

describe('an exported trail', () => {
  it('proves itself, whatever was sealed meanwhile, from the first entry to the last [audit.chained]', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 7);
    await trails.seal({ batchSize: 2 });
    await trails.write(tenantId, 5);
    const text = await trails.export(tenantId);
    // The export is on record as well, before its end.
    expect(await verify(text)).toMatchObject({ ok: true, tenantId, from: 1, to: 13, entries: 13, checkpoints: 1 });
    expect(text.trimEnd().split('\n')).toHaveLength(1 + 13 + 1 + 1);
  });
});
void fingerprintOf;
