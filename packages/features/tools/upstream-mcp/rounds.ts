import type { operations, ResponseOf, RoundInput } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { CLIENT_CAPABILITIES_META_KEY, isInputRequiredResult } from '@modelcontextprotocol/client';
import { isObject } from '../reading/json-value.ts';
import { storable } from '../reading/storable.ts';
import { upstreamBounds } from './bounds.ts';
import type { UpstreamConnection } from './connection.ts';
import { scrubAll } from './present-result.ts';

/** Questions of a server that came as its result. */
export type InputRequired = NonNullable<ResponseOf<typeof operations.upstreams.readResource>['inputRequired']>;

interface Round {
  /** What the request has besides its own parameters. */
  readonly params: Readonly<Record<string, unknown>> & { readonly _meta?: Readonly<Record<string, unknown>> };
  readonly options: { readonly allowInputRequired?: true; readonly cacheMode?: 'bypass' };
}

/**
 * How one try of a request goes out whose caller takes questions as its result. What the client can be asked stands in the request,
 * so that calls of different clients share a connection. Servers with sessions ask otherwise, and nothing is added.
 */
export function roundOf({ modern }: Pick<UpstreamConnection, 'modern'>, input: RoundInput | undefined): Round {
  if (input === undefined) return { params: {}, options: {} };
  const retries = answersQuestions(input);
  if (!modern) {
    if (retries) throw askedNothing();
    return { params: {}, options: {} };
  }
  const { capabilities, inputResponses, requestState } = input;
  return {
    params: {
      _meta: { [CLIENT_CAPABILITIES_META_KEY]: capabilities },
      ...(Object.keys(inputResponses).length > 0 ? { inputResponses } : {}),
      ...(requestState === undefined ? {} : { requestState }),
    },
    // What answers made is nobody else's.
    options: { allowInputRequired: true, ...(retries ? { cacheMode: 'bypass' } : {}) },
  };
}

/** Whether a try brings what an earlier one asked for. */
export function answersQuestions(input: RoundInput | undefined): boolean {
  return input !== undefined && (input.requestState !== undefined || Object.keys(input.inputResponses).length > 0);
}

function askedNothing(): MeshError {
  const message = 'answers a question that this server did not ask; send the request without it';
  return new MeshError('invalid_request', 'The server asked nothing that way.', {
    issues: [{ path: 'input.requestState', message }],
  });
}

/** Characters of the questions of one round as JSON. */
const largestQuestions = 1024 * 1024;
/** What a client's next try may bring. */
const longestState = 60_000;

/** The questions, where a result is that: as the server put them, within bounds and without a trace of the credential. */
export function questionsIn(result: unknown, server: string, traces: readonly string[]): InputRequired | undefined {
  if (!isInputRequiredResult(result)) return undefined;
  const { inputRequests = {}, requestState } = result;
  const questions = Object.entries(inputRequests);
  if (questions.length > upstreamBounds.requestsPerCall || JSON.stringify(inputRequests).length > largestQuestions) {
    throw broken(server, 'asks its client too much at once');
  }
  // It has to come back as it is.
  if (requestState !== undefined && (requestState.length > longestState || !isClean(requestState, traces))) {
    throw broken(server, 'gave a requestState that cannot be passed on');
  }
  return {
    ...(questions.length === 0
      ? {}
      : { inputRequests: Object.fromEntries(questions.map(([key, one]) => [key, questionOf(one, server, traces)])) }),
    ...(requestState === undefined ? {} : { requestState }),
  };
}

function isClean(text: string, traces: readonly string[]): boolean {
  return storable(text) === text && scrubAll(text, traces) === text;
}

function questionOf(question: unknown, server: string, traces: readonly string[]) {
  const { method, params = {} } = isObject(question) ? question : {};
  if (typeof method !== 'string' || !isObject(params)) throw broken(server, 'asks something that is no question');
  return { method, params: scrubAll(storable(params), traces) as Record<string, unknown> };
}

function broken(server: string, how: string): MeshError {
  return new MeshError('upstream_failed', `The server ${server} ${how}.`);
}
