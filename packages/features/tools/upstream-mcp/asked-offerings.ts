import type { operations, ResponseOf } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { ProtocolError } from '@modelcontextprotocol/client';
import { actorOf } from '../../identity/index.ts';
import { askServer, find, type Asking } from './ask-server.ts';
import { invalidParams } from './failure.ts';
import { findPrompt, findUri, promptName, type FoundUri } from './find-offering.ts';
import type { OfferingView } from './offering-view.ts';
import type { UpstreamOptions } from './options.ts';
import { presentPrompt, presentResource, type PromptView, type ResourceView } from './present-offering.ts';
import { answersQuestions, questionsIn, roundOf } from './rounds.ts';
import { wrapUri } from './uris.ts';

/** A prompt that is to be filled in. */
export interface PromptCall {
  readonly name: string;
  readonly arguments: Record<string, string>;
}

/** An argument that is being written. */
export interface Completion {
  readonly ref:
    | { readonly type: 'ref/prompt'; readonly name: string }
    | { readonly type: 'ref/resource'; readonly uri: string };
  readonly argument: { readonly name: string; readonly value: string };
  readonly context?: { readonly arguments?: Record<string, string> | undefined } | undefined;
}

const timeout = 60_000;

/** Reads a resource at its server. */
export async function readResource(options: UpstreamOptions, asking: Asking, uri: string): Promise<ResourceView> {
  const named = await find(options, asking, (tx, view) => findUri(tx, view, uri));
  await record(options, asking, 'upstreams.readResource', wrapUri(named.service, named.uri));
  return askServer(options, asking, named.service, async ({ connection, signal, provenance, traces }) => {
    const { params, options: round } = roundOf(connection, asking.input);
    const result = await connection.client
      .readResource({ ...params, uri: named.uri }, { timeout, ...signal, ...round })
      .catch((error: unknown) => {
        throw isMissing(error) && !answersQuestions(asking.input) ? noResource(named) : error;
      });
    const inputRequired = questionsIn(result, named.service, traces());
    if (inputRequired !== undefined) return { inputRequired, contents: [] };
    return presentResource(result, await provenance(result.contents));
  });
}

/** Servers of 2026-07-28 refuse the only parameter there is, the address. */
function isMissing(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === invalidParams;
}

function noResource({ service, uri }: FoundUri): MeshError {
  return new MeshError('not_found', `${service} has no such resource: ${uri}`);
}

/** Has a prompt filled in by its server. */
export async function getPrompt(
  options: UpstreamOptions,
  asking: Asking,
  { name, arguments: values }: PromptCall,
): Promise<PromptView> {
  const { service, prompt } = await find(options, asking, (tx, view) => findPrompt(tx, view, name));
  await record(options, asking, 'upstreams.getPrompt', promptName(service, prompt.name));
  return askServer(options, asking, service, async ({ connection, signal, provenance, traces }) => {
    const { params, options: round } = roundOf(connection, asking.input);
    const result = await connection.client.getPrompt(
      { ...params, name: prompt.name, arguments: values },
      { timeout, ...signal, ...round },
    );
    const inputRequired = questionsIn(result, service, traces());
    if (inputRequired !== undefined) return { inputRequired, messages: [] };
    return presentPrompt(result, await provenance(result.messages));
  });
}

/** Asks a server how an argument could go on; of one that cannot say, nothing. */
export async function complete(
  options: UpstreamOptions,
  asking: Asking,
  { ref: named, argument, context }: Completion,
): Promise<ResponseOf<typeof operations.upstreams.complete>> {
  const { service, ref } = await find(options, asking, (tx, view) => refOf(tx, view, named));
  return askServer(options, asking, service, async ({ connection, signal }) => {
    if (connection.capabilities.completions === undefined) return { completion: { values: [] } };
    const given = context?.arguments === undefined ? {} : { context: { arguments: context.arguments } };
    const { completion: found } = await connection.client.complete({ ref, argument, ...given }, { timeout, ...signal });
    return { completion: { ...found, values: found.values.slice(0, 100) } };
  });
}

/** What somebody asks a server for stands in the trail before it is asked. */
function record(
  { database, audit }: UpstreamOptions,
  { principal }: Asking,
  action: 'upstreams.readResource' | 'upstreams.getPrompt',
  subject: string,
): Promise<void> {
  return database.tenant(principal.tenantId, async (tx) => {
    await audit.record(tx, { actor: actorOf(principal), action, subject: subject.slice(0, 500), detail: {} });
  });
}

async function refOf(tx: Tx, view: OfferingView, ref: Completion['ref']) {
  if (ref.type === 'ref/resource') {
    const { service, uri } = await findUri(tx, view, ref.uri);
    return { service, ref: { type: ref.type, uri } } as const;
  }
  const { service, prompt } = await findPrompt(tx, view, ref.name);
  return { service, ref: { type: ref.type, name: prompt.name } } as const;
}
