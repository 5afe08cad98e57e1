import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MeshError, silentTelemetry } from '@devmesh/foundation';
import { createGuardedFetch, createTelemetry, type GuardedFetch } from '@devmesh/infrastructure';
import { createMockserver, type Mockserver } from '@devmesh/mockserver';
import type { Binding } from '../calling/binding.ts';
import { buildRequest } from '../calling/build-request.ts';
import { createArgumentValidator } from '../calling/validate-arguments.ts';
import { anonymous } from '../credentials/credential.ts';
import { createDocumentReader } from '../reading/document-reader.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { handIn, mockName } from './mock-service.fixture.ts';
import { serviceName } from './read-folder.fixture.ts';
import { createTally, type Tally } from './tally.fixture.ts';
import { argumentsFor, variants } from './tool-arguments.fixture.ts';

/** What calling every tool of some documents came to. */
export interface RoundTrip {
  readonly tools: number;
  /** Tools of which every variant was accepted. */
  readonly accepted: number;
  readonly calls: number;
  readonly refused: Tally;
}

interface Trip {
  readonly fetch: GuardedFetch;
  readonly mockserver: Mockserver;
  readonly validator: ReturnType<typeof createArgumentValidator>;
  readonly refused: Tally;
}

/**
 * Calls every tool with arguments generated from its input schema, through the product's checks, requests and guarded
 * fetch; the service is a mock that read the document by itself and refuses whatever does not fit it.
 */
export async function roundTrip(folder: string, names: readonly string[], everyNth = 1): Promise<RoundTrip> {
  const mockserver = createMockserver({ port: 0, log: silentTelemetry.log });
  await mockserver.start();
  const telemetry = createTelemetry({ service: 'bench', level: 'error', pretty: false });
  const fetch = createGuardedFetch({ allowHosts: ['127.0.0.1'], telemetry });
  const trip = { fetch, mockserver, validator: createArgumentValidator(), refused: createTally() };
  const total = { tools: 0, accepted: 0, calls: 0 };
  try {
    for (const name of names) {
      const tools = await toolsOf(trip, folder, name);
      const called = tools.filter((_tool, index) => index % everyNth === 0);
      total.tools += called.length;
      total.calls += called.length * variants.length;
      total.accepted += await countAccepted(trip, name, called);
    }
  } finally {
    await fetch.close();
    await telemetry.close();
    await mockserver.stop();
  }
  return { ...total, refused: trip.refused };
}

async function toolsOf(trip: Trip, folder: string, name: string): Promise<readonly ReadTool[]> {
  const text = readFileSync(join(folder, name), 'utf8');
  await handIn(trip.mockserver, name, text, 'ignored');
  const baseUrl = `${trip.mockserver.url()}/mock/${mockName(name)}`;
  const reader = createDocumentReader({ log: silentTelemetry.log });
  try {
    const { tools } = await reader.read({ text, service: serviceName(name), documentUrl: undefined, baseUrl });
    return tools.map((tool) => ({ ...tool, server: baseUrl }));
  } catch (error) {
    // A document without anything to call has nothing to be called.
    if (error instanceof MeshError) return [];
    throw error;
  }
}

async function countAccepted(trip: Trip, document: string, tools: readonly ReadTool[]): Promise<number> {
  let accepted = 0;
  for (const tool of tools) accepted += (await callTool(trip, document, tool)) ? 1 : 0;
  return accepted;
}

async function callTool(trip: Trip, document: string, tool: ReadTool): Promise<boolean> {
  const generate = argumentsFor(tool.inputSchema);
  let fitting = true;
  for (const variant of variants) {
    const reason = await callOnce(trip, tool, () => generate(variant));
    if (reason === undefined) continue;
    fitting = false;
    trip.refused.add(shape(reason), `${document} ${tool.method} ${tool.path} [${variant}] ${reason}`);
  }
  return fitting;
}

/** Why the call was refused; undefined where it was accepted. */
async function callOnce(
  trip: Trip,
  tool: ReadTool,
  generate: () => Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  try {
    const schema = JSON.parse(tool.inputSchema) as JsonSchema;
    const values = trip.validator.check(tool.name, schema, generate());
    const binding = JSON.parse(tool.binding) as Binding;
    const { method, path, server } = tool;
    const { url, ...request } = buildRequest({ method, path, server: server ?? '', binding }, values, anonymous);
    const response = await trip.fetch(url, request);
    return response.status < 400 ? undefined : verdict(response.status, Buffer.from(response.body).toString('utf8'));
  } catch (error) {
    return `not sent: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function verdict(status: number, body: string): string {
  const { errors = [], detail = '' } = JSON.parse(body) as {
    errors?: readonly { readonly path: string; readonly message: string }[];
    detail?: string;
  };
  const said = errors.map(({ path, message }) => `${path} ${message}`).join('; ');
  return `${String(status)} ${said === '' ? detail : said}`.slice(0, 400);
}

/** A reason without what is the operation's own. */
function shape(reason: string): string {
  const [first = ''] = reason.split('; ', 1);
  return first
    .replace(/^(\d+ \w+)\.\S+/u, '$1')
    .replace(/arguments\.\S+/u, 'arguments')
    .replace(/: \[.*$/u, '')
    .replaceAll(/"[^"]*"/gu, '"…"')
    .slice(0, 120);
}
