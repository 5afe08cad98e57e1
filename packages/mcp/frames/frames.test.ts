import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameCodec } from './codec.ts';
import { decodeFrame, encodeFrame, headerBytes } from './frame.ts';
import { createWire } from './wire.ts';

const maximumBytes = 100_000;
const deflating = createFrameCodec({ chosen: 'mcp-frames.v1.deflate', maximumBytes });
const plain = createFrameCodec({ chosen: 'mcp-frames.v1', maximumBytes });
const code = (failure: unknown): unknown => (failure as { readonly code?: unknown }).code;

/** The result, or undefined where it was refused as malformed. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (failure) {
    if (code(failure) === 'malformed_message') return undefined;
    throw failure;
  }
}

describe('a binary frame', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array(), (compressed, payload) => {
        const { compressed: flag, payload: read } = decodeFrame(encodeFrame({ compressed, payload }));
        expect([flag, [...read]]).toEqual([compressed, [...payload]]);
      }),
    );
  });

  it('is refused unless it is just what is written, whatever the bytes [mcp.frames]', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const again = (): unknown => [...encodeFrame(decodeFrame(bytes))];
        const wanted = attempt(again) ?? 'malformed_message';
        expect(wanted).toEqual(wanted === 'malformed_message' ? wanted : [...bytes]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['another version', [2, 0, 0, 0, 0, 0, 0, 0]],
    ['unknown flags', [1, 2, 0, 0, 0, 0, 0, 0]],
    ['reserved bytes that are set', [1, 0, 0, 1, 0, 0, 0, 0]],
    ['another length', [1, 0, 0, 0, 0, 0, 0, 2, 65]],
    ['less than a header', [1, 0, 0]],
  ])('is refused with %s', (_case, bytes) => {
    expect(() => decodeFrame(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'malformed_message' }));
  });
});

describe('a message in binary frames', () => {
  it.each([
    ['compressing', deflating],
    ['plain', plain],
  ])('arrives as it was sent, %s', async (_name, codec) => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 4_000 }), async (text) => {
        const whole = Buffer.from(text).toString();
        expect(await codec.decode(await codec.encode(whole))).toBe(whole);
      }),
    );
  });

  it('is compressed from a kilobyte on, where that was agreed on', async () => {
    const flagOf = async (text: string): Promise<unknown> => (await deflating.encode(text))[1];
    expect(await flagOf('x'.repeat(1_000))).toBe(0);
    expect(await flagOf('x'.repeat(2_000))).toBe(1);
    expect((await plain.encode('x'.repeat(2_000)))[1]).toBe(0);
  });

  it('takes 60 % fewer bytes for a list of 500 tools', async () => {
    const tools = Array.from({ length: 500 }, (_, at) => ({
      name: `service_operation_${String(at)}`,
      title: `Operation ${String(at)}`,
      description: `Does what ${randomBytes(12).toString('base64')} needs, for the ${String(at)}th time.`,
      inputSchema: {
        type: 'object',
        properties: { id: { type: 'string' }, limit: { type: 'integer' } },
        required: ['id'],
      },
      annotations: { readOnlyHint: at % 2 === 0 },
    }));
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools } });
    expect((await deflating.encode(text)).byteLength).toBeLessThan(text.length * 0.4);
  });

  it.each([
    ['that was not agreed on', plain, deflateRawSync('{}'), 'malformed_message'],
    ['that is none', deflating, Buffer.from('not deflated'), 'malformed_message'],
    ['that unfolds to too much', deflating, deflateRawSync(Buffer.alloc(50_000_000)), 'too_large'],
    ['that is no UTF-8', deflating, deflateRawSync(Buffer.from([0xff, 0xfe])), 'malformed_message'],
  ])('is refused with a compression %s', async (_case, codec, payload, wanted) => {
    await expect(codec.decode(encodeFrame({ compressed: true, payload }))).rejects.toMatchObject({ code: wanted });
  });

  it('is refused where it is too large as it is', async () => {
    const payload = Buffer.alloc(maximumBytes + 1, 'x');
    await expect(plain.decode(encodeFrame({ compressed: false, payload }))).rejects.toMatchObject({
      code: 'too_large',
    });
  });
});

describe('the wire of a socket', () => {
  function open(chosen: string) {
    const log: string[] = [];
    const frames: Uint8Array[] = [];
    const texts: string[] = [];
    const broken: unknown[] = [];
    const wire = createWire({
      socket: {
        send: (data) => frames.push(Buffer.from(data)),
        close: (closeCode) => log.push(`close ${String(closeCode)}`),
        pause: () => log.push('pause'),
        resume: () => log.push('resume'),
      },
      chosen,
      maximumBytes,
      onText: (text) => texts.push(text),
      onBroken: (error) => broken.push(error),
    });
    return { wire, log, frames, texts, broken };
  }

  it('keeps the order, however long a message takes to be packed, and unpacks one at a time', async () => {
    const sender = open('mcp-frames.v1.deflate');
    const receiver = open('mcp-frames.v1.deflate');
    const messages = Array.from({ length: 60 }, (_, at) => `${String(at)} ${'x'.repeat(at % 2 === 0 ? 90_000 : 10)}`);
    for (const message of messages) sender.wire.send(message);
    await expect.poll(() => sender.frames).toHaveLength(60);
    for (const frame of sender.frames) receiver.wire.take(Buffer.from(frame), true);
    expect(receiver.log).toEqual(['pause']);
    await expect.poll(() => receiver.texts).toHaveLength(60);
    expect(receiver.texts).toEqual(messages);
    expect(receiver.log).toEqual(['pause', 'resume']);
  });

  it('tells when all has been handed to the socket, however long it takes to be packed', async () => {
    const { wire, frames } = open('mcp-frames.v1.deflate');
    for (const size of [90_000, 10, 90_000]) wire.send('x'.repeat(size));
    expect(frames).toHaveLength(0);
    await wire.flush();
    expect(frames).toHaveLength(3);
  });

  it('goes on after a frame that held no message', async () => {
    const { wire, texts, broken } = open('mcp-frames.v1');
    wire.take(Buffer.alloc(headerBytes), true);
    wire.take(Buffer.from(await plain.encode('{}')), true);
    await expect.poll(() => texts).toEqual(['{}']);
    expect(broken.map(code)).toEqual(['malformed_message']);
  });

  it.each([
    ['mcp', true],
    ['mcp-frames.v1', false],
  ])('closes on a frame of the kind that %s has not', (chosen, binary) => {
    const { wire, log } = open(chosen);
    wire.take(Buffer.from('{}'), binary);
    expect(log).toEqual(['close 1003']);
  });
});
