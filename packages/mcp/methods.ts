import { MeshError } from '@devmesh/foundation';
import { z } from 'zod';
import { logLevels, type LogLevel } from './content.ts';
import type { McpHandlers, RequestContext } from './handlers.ts';
import type { Params } from './message.ts';
import type { Session } from './session.ts';

/** A session whose subscriptions the protocol layer itself keeps. */
export interface KeptSession<Principal> extends Session<Principal> {
  readonly subscriptions: Set<string>;
  logLevel: LogLevel | undefined;
}

/** Validates the parameters of one request and answers it. */
export type Method<Principal> = (
  session: KeptSession<Principal>,
  params: Params,
  context: RequestContext,
) => Promise<object>;

/** The methods by name, as far as there are handlers for them. */
export type Methods<Principal> = ReadonlyMap<string, Method<Principal>>;

const page = z.object({ cursor: z.string().optional() });
const named = z.object({ name: z.string().min(1), arguments: z.record(z.string(), z.unknown()).default({}) });
const prompt = z.object({ name: z.string().min(1), arguments: z.record(z.string(), z.string()).default({}) });
const resource = z.object({ uri: z.string().min(1) });
const logging = z.object({ level: z.enum(logLevels) });

/** Puts the handlers behind the protocol's method names. */
export function createMethods<Principal>(handlers: McpHandlers<Principal>): Methods<Principal> {
  return new Map([
    ['ping', async () => ({})],
    ...toolMethods(handlers),
    ...resourceMethods(handlers),
    ...subscriptionMethods(handlers),
    ...promptMethods(handlers),
    ...completionMethods(handlers),
    ...loggingMethods(handlers),
  ]);
}

type Entries<Principal> = readonly (readonly [string, Method<Principal>])[];

function toolMethods<Principal>({ tools }: McpHandlers<Principal>): Entries<Principal> {
  if (tools === undefined) return [];
  return [
    ['tools/list', (session, params, context) => tools.list(session, valid(page, params), context)],
    ['tools/call', (session, params, context) => tools.call(session, valid(named, params), context)],
  ];
}

function resourceMethods<Principal>({ resources }: McpHandlers<Principal>): Entries<Principal> {
  if (resources === undefined) return [];
  return [
    ['resources/list', (session, params, context) => resources.list(session, valid(page, params), context)],
    ['resources/read', (session, params, context) => resources.read(session, valid(resource, params), context)],
    [
      'resources/templates/list',
      async (session, params, context) =>
        (await resources.templates?.(session, valid(page, params), context)) ?? { resourceTemplates: [] },
    ],
  ];
}

function subscriptionMethods<Principal>({ resources }: McpHandlers<Principal>): Entries<Principal> {
  if (resources?.subscribe === undefined) return [];
  return [
    [
      'resources/subscribe',
      async (session, params, context) => {
        const { uri } = valid(resource, params);
        await resources.subscribe?.(session, { uri }, context);
        session.subscriptions.add(uri);
        return {};
      },
    ],
    [
      'resources/unsubscribe',
      async (session, params, context) => {
        const { uri } = valid(resource, params);
        await resources.unsubscribe?.(session, { uri }, context);
        session.subscriptions.delete(uri);
        return {};
      },
    ],
  ];
}

function promptMethods<Principal>({ prompts }: McpHandlers<Principal>): Entries<Principal> {
  if (prompts === undefined) return [];
  return [
    ['prompts/list', (session, params, context) => prompts.list(session, valid(page, params), context)],
    ['prompts/get', (session, params, context) => prompts.get(session, valid(prompt, params), context)],
  ];
}

const completion = z.object({
  ref: z.discriminatedUnion('type', [
    z.object({ type: z.literal('ref/prompt'), name: z.string().min(1) }),
    z.object({ type: z.literal('ref/resource'), uri: z.string().min(1) }),
  ]),
  argument: z.object({ name: z.string(), value: z.string() }),
  context: z.object({ arguments: z.record(z.string(), z.string()).optional() }).optional(),
});

function completionMethods<Principal>({ completions }: McpHandlers<Principal>): Entries<Principal> {
  if (completions === undefined) return [];
  return [
    [
      'completion/complete',
      (session, params, context) => completions.complete(session, valid(completion, params), context),
    ],
  ];
}

function loggingMethods<Principal>(handlers: McpHandlers<Principal>): Entries<Principal> {
  const { logging: logger } = handlers;
  if (logger === undefined) return [];
  return [
    [
      'logging/setLevel',
      async (session, params) => {
        const { level } = valid(logging, params);
        await logger.setLevel(session, level);
        session.logLevel = level;
        return {};
      },
    ],
  ];
}

/** The parameters as the schema types them; throws `invalid_request` that names every wrong field. */
export function valid<Schema extends z.ZodType>(schema: Schema, params: Params): z.output<Schema> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  const fields = issues.map((issue) => issue.path).join(', ');
  throw new MeshError('invalid_request', `These parameters are wrong: ${fields}.`, { issues });
}
