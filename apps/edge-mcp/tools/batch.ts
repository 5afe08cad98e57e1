import { batchInput, batchTool, type BatchOutput } from '@devmesh/api';
import { MeshError, toMeshError } from '@devmesh/foundation';
import type { Content, InputRequired, Params, RequestContext, ToolResult } from '@devmesh/mcp';
import { fitResults } from './fit-results.ts';
import { findPlatformTool } from './platform-tools.ts';
import { failed } from './results.ts';

/** Calls of a batch that run at the same time. */
const sideBySide = 8;

interface Call {
  readonly name: string;
  readonly arguments: Params;
}

interface BatchOptions {
  readonly context: RequestContext;
  /** Makes one call, as if it had come alone. */
  readonly call: (call: Call, context: RequestContext) => Promise<ToolResult | InputRequired>;
}

/**
 * Makes the calls that the arguments hold, some at a time, and answers what became of each, in their order. What fails in one
 * call stays there; who cancels the batch cancels all of them.
 */
export async function runBatch(args: Params, { context, call }: BatchOptions): Promise<ToolResult> {
  const calls = readCalls(args);
  const { signal } = context;
  const results: ToolResult[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < calls.length && !signal.aborted) {
      const index = next;
      next += 1;
      const one = calls[index] as Call;
      const result = await outcomeOf(one, () => call(one, contextOf(context)));
      results[index] = result;
      done += 1;
      const message = `${one.name} ${result.isError === true ? 'failed' : 'is done'}`;
      context.progress({ progress: done, total: calls.length, message });
    }
  };
  await Promise.all(Array.from({ length: Math.min(sideBySide, calls.length) }, work));
  signal.throwIfAborted();
  return present(calls, results);
}

function readCalls(args: Params): readonly Call[] {
  const read = batchInput.safeParse(args);
  if (read.success) return read.data.calls;
  const issues = read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const fields = [...new Set(issues.map(({ path }) => path))].join(', ');
  throw new MeshError('invalid_request', `Wrong or missing: ${fields}.`, { issues });
}

/** One call hears nothing of the others: what it reports has no place in the progress of the batch, and it has no rounds before it. */
function contextOf({ meta, ...context }: RequestContext): RequestContext {
  const { progressToken: _ofBatch, ...rest } = meta;
  return { ...context, meta: rest, progress: () => undefined, inputResponses: {}, requestState: undefined };
}

async function outcomeOf({ name }: Call, call: () => Promise<ToolResult | InputRequired>): Promise<ToolResult> {
  if (findPlatformTool(name) === batchTool) return refused('A batch cannot hold a batch; put its calls into this one.');
  try {
    const result = await call();
    if (!('resultType' in result)) return result;
    return refused(`${name} asks you something before it goes on, which a batch cannot carry; call it alone.`);
  } catch (error) {
    return failed(toMeshError(error));
  }
}

function refused(sentence: string): ToolResult {
  return failed(new MeshError('invalid_request', sentence));
}

function present(calls: readonly Call[], results: readonly ToolResult[]): ToolResult {
  const fitted = fitResults(results.map((result, index) => ({ name: calls[index]?.name ?? '', result })));
  const output = {
    results: fitted.map(({ name, result, truncated }) => {
      const { isError = false, content, structuredContent: structured, _meta: meta } = result;
      return {
        name,
        isError,
        content: [...content],
        ...(structured === undefined ? {} : { structured }),
        ...(meta === undefined ? {} : { _meta: meta }),
        truncated,
      };
    }),
    failed: results.filter(({ isError }) => isError === true).length,
  } as BatchOutput;
  const content = fitted.flatMap(({ name, result }, index): readonly Content[] => [
    heading(`${String(index + 1)} of ${String(calls.length)}: ${name}${result.isError === true ? ' failed' : ''}`),
    ...result.content,
  ]);
  return { content, structuredContent: output };
}

function heading(text: string): Content {
  return { type: 'text', text: `[${text}]` };
}
