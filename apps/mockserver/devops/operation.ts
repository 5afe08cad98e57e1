import { z } from 'zod';
import { invalid, problemErrors } from '../problem.ts';
import type { World } from './state.ts';

/** The groups of the API. */
type Tag = 'services' | 'issues' | 'deployments' | 'incidents';

/** What arrived, decoded but not yet judged. */
interface RawInput {
  readonly path: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** One operation of the API: its validation, its behaviour and its part of the document come from this. */
export interface Operation {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** OpenAPI path template below the server's URL. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description: string;
  readonly pathParameters: z.ZodObject;
  readonly queryParameters: z.ZodObject;
  readonly body: z.ZodType | undefined;
  readonly status: 200 | 201 | 204;
  readonly answer: z.ZodType | undefined;
  /** Whether the present state may refuse it (409). */
  readonly conflicts: boolean;
  /** Whether an `Idempotency-Key` makes repeating it harmless. */
  readonly idempotent: boolean;
  /** Validates the input (422 that names every wrong value) and acts. */
  run(input: RawInput, world: World): unknown;
}

interface Declaration<
  Path extends z.ZodRawShape,
  Query extends z.ZodRawShape,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> extends Pick<Operation, 'operationId' | 'method' | 'path' | 'tag' | 'summary' | 'description'> {
  readonly pathParameters?: Path;
  readonly queryParameters?: Query;
  readonly body?: Body;
  readonly status?: 200 | 201 | 204;
  /** Left out when there is no body to answer. */
  readonly answer?: Answer;
  readonly conflicts?: boolean;
  readonly idempotent?: boolean;
  readonly act: (
    input: {
      readonly path: z.output<z.ZodObject<Path>>;
      readonly query: z.output<z.ZodObject<Query>>;
      readonly body: z.output<Body>;
    },
    world: World,
  ) => z.output<Answer>;
}

type NoParameters = Readonly<Record<string, never>>;

/** Declares an operation; `act` gets its input validated and typed. */
export function operation<
  Path extends z.ZodRawShape = NoParameters,
  Query extends z.ZodRawShape = NoParameters,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodUndefined,
>(declaration: Declaration<Path, Query, Body, Answer>): Operation {
  const { act, pathParameters, queryParameters, ...rest } = declaration;
  const path = z.strictObject(pathParameters ?? {});
  const query = z.strictObject(queryParameters ?? {});
  const input = z.object({ path, query, body: declaration.body ?? z.undefined() });
  return {
    ...rest,
    pathParameters: path,
    queryParameters: query,
    body: declaration.body,
    status: declaration.status ?? 200,
    answer: declaration.answer,
    conflicts: declaration.conflicts ?? false,
    idempotent: declaration.idempotent ?? false,
    run: (raw, world) => {
      const parsed = input.safeParse(raw);
      if (!parsed.success) throw invalid(problemErrors(parsed.error));
      return act(parsed.data as Parameters<typeof act>[0], world);
    },
  };
}
