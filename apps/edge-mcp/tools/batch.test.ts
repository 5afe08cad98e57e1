import { MeshError } from '@devmesh/foundation';
import type { Content, InputRequired, RequestContext, ToolResult } from '@devmesh/mcp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runBatch } from './batch.ts';
import { fitResults } from './fit-results.ts';

const text = (value: string): ToolResult => ({ content: [{ type: 'text', text: value }] });

function contextOf(signal = new AbortController().signal) {
  const progress: object[] = [];
  const context: RequestContext = {
    requestId: 1,
    signal,
    meta: { progressToken: 'p' },
    progress: (step) => progress.push(step),
    notify: () => undefined,
    ask: () => Promise.reject(new Error('nobody to ask')),
    inputResponses: { earlier: {} },
    requestState: 'earlier',
  };
  return { context, progress };
}

type Handler = (name: string, context: RequestContext) => Promise<ToolResult | InputRequired>;

async function run(names: readonly string[], handler: Handler, parts = contextOf()) {
  const calls = names.map((name) => ({ name, arguments: {} }));
  const result = await runBatch(
    { calls },
    { context: parts.context, call: ({ name }, context) => handler(name, context) },
  );
  const { results, failed } = result.structuredContent as unknown as {
    readonly results: readonly { readonly name: string; readonly isError: boolean; readonly content: unknown }[];
    readonly failed: number;
  };
  return { result, results, failed, progress: parts.progress };
}

describe('a batch of calls', () => {
  it('answers each in its place, however they end, and not more than eight run at once [edge.batch]', async () => {
    let running = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const names = Array.from({ length: 20 }, (_, index) => `tool${String(index)}`);
    const { results, failed, progress } = await run(names, async (name) => {
      running += 1;
      most = Math.max(most, running);
      // The later ones of a full house end first.
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 8 || running < 8) setImmediate(() => waiting.pop()?.());
      });
      for (const go of waiting.splice(0).toReversed()) go();
      running -= 1;
      if (name === 'tool3') throw new MeshError('rate_limited', 'Slow down.');
      if (name === 'tool4') throw new TypeError('secret of the gateway');
      if (name === 'tool5') return { ...text('no'), isError: true };
      return text(name);
    });
    expect(most).toBe(8);
    expect(results.map(({ name }) => name)).toEqual(names);
    expect(results.flatMap(({ isError, name }) => (isError ? [name] : []))).toEqual(['tool3', 'tool4', 'tool5']);
    expect(failed).toBe(3);
    const answered = results.filter(({ isError }) => !isError);
    expect(answered.map(({ content }) => content)).toEqual(answered.map(({ name }) => text(name).content));
    expect(JSON.stringify(results[3])).toContain('Slow down.');
    expect(JSON.stringify(results)).not.toContain('secret of the gateway');
    expect(progress.map((step) => (step as { progress: number }).progress)).toEqual(names.map((_, index) => index + 1));
  });

  it('cancels what runs and begins nothing more', async () => {
    const cancel = new AbortController();
    const begun: string[] = [];
    const ended: string[] = [];
    const names = Array.from({ length: 12 }, (_, index) => `tool${String(index)}`);
    const batch = run(
      names,
      (name, { signal }) =>
        new Promise((_, reject) => {
          begun.push(name);
          signal.addEventListener('abort', () => {
            ended.push(name);
            reject(new Error('cancelled'));
          });
          if (begun.length === 8) setImmediate(() => cancel.abort(new Error('by the client')));
        }),
      contextOf(cancel.signal),
    );
    await expect(batch).rejects.toThrow('by the client');
    expect(begun).toEqual(names.slice(0, 8));
    expect(ended).toEqual(begun);
  });

  it('holds no batch, and no call that asks its client; the others go on', async () => {
    const { results } = await run(['devmesh_tools_batch', 'devmesh.tools.batch', 'asks', 'works'], (name) =>
      Promise.resolve(name === 'asks' ? { resultType: 'input_required', requestState: 'x' } : text(name)),
    );
    expect(results.map(({ isError }) => isError)).toEqual([true, true, true, false]);
  });

  it('gives each call a context of its own', async () => {
    const { progress } = await run(['one'], (_, context) => {
      expect(context).toMatchObject({ meta: {}, inputResponses: {}, requestState: undefined });
      context.progress({ progress: 70 });
      return Promise.resolve(text('done'));
    });
    expect(progress).toEqual([{ progress: 1, total: 1, message: 'one is done' }]);
  });

  it.each([[{}], [{ calls: [] }], [{ calls: Array.from({ length: 21 }, () => ({ name: 'a' })) }], [{ calls: [{}] }]])(
    'refuses %j whole',
    async (args) => {
      const call = () => Promise.reject(new Error('called'));
      await expect(runBatch(args, { context: contextOf().context, call })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    },
  );
});

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function saysSo({ content }: ToolResult): boolean {
  const last = content.at(-1);
  return last?.type === 'text' && last.text.startsWith('[The batch left out ');
}

function isPartOf(piece: Content, content: readonly Content[]): boolean {
  return content.some((had) =>
    piece.type === 'text' && had.type === 'text'
      ? had.text.startsWith(piece.text)
      : JSON.stringify(piece) === JSON.stringify(had),
  );
}

describe('results of a batch', () => {
  it('fit together, small ones whole, and say truly what is missing', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 400 }).map((value) => ({ type: 'text', text: value }) as const),
      fc.string({ maxLength: 400 }).map((data) => ({ type: 'image', data, mimeType: 'image/png' }) as const),
    );
    const result = fc.record({ content: fc.array(piece, { maxLength: 4 }) });
    fc.assert(
      fc.property(
        fc.array(result, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 100, max: 4_000 }),
        (all, most) => {
          const fitted = fitResults(
            all.map((one, index) => ({ name: String(index), result: one })),
            most,
          );
          const kept = fitted.map(({ result: shown, truncated }) =>
            truncated ? shown.content.slice(0, -1) : shown.content,
          );
          const bytes = kept.flat().reduce((sum, one) => sum + sizeOf(one), 0);
          const whole = fitted.filter(({ truncated }) => !truncated);
          expect(whole.every(({ result: shown, name }) => shown === all[Number(name)])).toBe(true);
          expect(fitted.every(({ result: shown, truncated }) => saysSo(shown) === truncated)).toBe(true);
          const small = fitted.filter((_, index) => sizeOf(all[index]?.content) <= Math.floor(most / all.length));
          expect(small.every(({ truncated }) => !truncated)).toBe(true);
          const invented = kept.flatMap((pieces, index) =>
            pieces.filter((one) => !isPartOf(one, all[index]?.content ?? [])),
          );
          expect(invented).toEqual([]);
          expect(bytes).toBeLessThanOrEqual(most);
        },
      ),
    );
  });
});
