import { silentTelemetry } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { createDocumentReader } from './document-reader.ts';
import { readDocument } from './read-document.ts';

const request = (document: unknown) => ({
  text: typeof document === 'string' ? document : JSON.stringify(document),
  service: 'shop',
  documentUrl: undefined,
  baseUrl: 'https://shop.example.com',
});
const large = (count: number) => ({
  openapi: '3.0.0',
  paths: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `/things/${String(index)}`,
      { get: { operationId: `thing${String(index)}`, description: 'long '.repeat(300) } },
    ]),
  ),
});
const { log } = silentTelemetry;

describe('reading documents in threads', () => {
  it('gives what reading in place gives', async () => {
    const read = await createDocumentReader({ log }).read(request(large(700)));
    const inPlace = readDocument(request(large(700)));
    expect(read.tools).toEqual([...inPlace.tools]);
    expect(read).toMatchObject({ head: inPlace.head, skipped: [], loosened: [] });
  });

  it('lets the process do other things meanwhile', async () => {
    const state = { finished: false };
    let turns = 0;
    const reading = createDocumentReader({ log })
      .read(request(large(2_000)))
      .finally(() => (state.finished = true));
    while (!state.finished) {
      await new Promise(setImmediate);
      turns += 1;
    }
    expect((await reading).tools).toHaveLength(2_000);
    expect(turns).toBeGreaterThan(1_000);
  });

  it('hands on what is wrong with a document', async () => {
    const reader = createDocumentReader({ log });
    await expect(reader.read(request('<html>'))).rejects.toMatchObject({ code: 'broken_document' });
    await expect(reader.read(request(`{"openapi":"3.0.0","paths":${'['.repeat(200_000)}`))).rejects.toMatchObject({
      code: 'broken_document',
    });
  });

  it('gives up on a document that takes too much time or memory, and goes on with the next', async () => {
    const slow = createDocumentReader({ log, timeoutMilliseconds: 1 });
    await expect(slow.read(request(large(10)))).rejects.toMatchObject({
      code: 'broken_document',
      message: expect.stringContaining('longer than') as string,
    });
    const small = createDocumentReader({ log, memoryMegabytes: 48 });
    await expect(small.read(request(large(20_000)))).rejects.toMatchObject({
      code: 'broken_document',
      message: expect.stringContaining('48 MiB of memory') as string,
    });
    expect((await createDocumentReader({ log, threads: 1 }).read(request(large(1)))).tools).toHaveLength(1);
  });

  it('reads one after the other where more come than threads may run', async () => {
    const reader = createDocumentReader({ log, threads: 1 });
    const stop = new AbortController();
    const first = reader.read(request(large(5)), stop.signal);
    const second = reader.read(request(large(3)));
    stop.abort(new Error('given up'));
    await expect(first).rejects.toThrow('given up');
    expect((await second).tools).toHaveLength(3);
  });
});
