import type { Operation } from '@devmesh/api';
import { MeshError, type Issue } from '@devmesh/foundation';
import type { z } from 'zod';
import type { Incoming } from './incoming.ts';
import { unstorableTexts } from './storable-text.ts';

/** The parts of a request, as its operation declares them. */
export interface ParsedRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly rawBody: ((maximumBytes: number) => Promise<Uint8Array>) | undefined;
}

const mostBytes = 1_048_576;

/** Parses path, query and body by the declared schemas; throws `invalid_request` that names every wrong field. */
export async function parseInput(
  operation: Operation,
  { params, query, json, bytes }: Pick<Incoming, 'params' | 'query' | 'json' | 'bytes'>,
): Promise<ParsedRequest> {
  const issues: Issue[] = [];
  const check = (schema: z.ZodType | undefined, value: unknown, part: string): unknown => {
    if (schema === undefined) return undefined;
    issues.push(...unstorableTexts(value, part));
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues)
      issues.push({ path: [part, ...issue.path].join('.'), message: issue.message });
    return undefined;
  };
  const limits = { maximumBytes: operation.maximumBodyBytes ?? mostBytes };
  const parsed: ParsedRequest = {
    params: check(operation.params, params, 'params'),
    query: operation.query === undefined ? undefined : check(operation.query, query(), 'query'),
    body: operation.body === undefined ? undefined : check(operation.body, await json(limits), 'body'),
    rawBody: operation.raw === true ? (maximumBytes) => bytes({ maximumBytes }) : undefined,
  };
  if (issues.length > 0) {
    const fields = [...new Set(issues.map((issue) => issue.path))].join(', ');
    throw new MeshError('invalid_request', `Wrong or missing: ${fields}.`, { issues });
  }
  return parsed;
}

/** What leaves the server: the declared response and no field more. */
export function present(operation: Operation, result: unknown): unknown {
  return operation.response === undefined ? undefined : operation.response.parse(result);
}
