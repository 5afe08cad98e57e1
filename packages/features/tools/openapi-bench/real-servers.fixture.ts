import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Principal } from '../../identity/index.ts';
import { nothing, type ToolsBench } from '../tools.fixture.ts';
import { sharedDocuments } from './bench-options.fixture.ts';
import { realDescriptions, type RealDescription } from './real-descriptions.fixture.ts';

/** A server that runs its own code, and how it is reached. */
export interface RealServer extends RealDescription {
  readonly text: string;
  readonly baseUrl: string;
  readonly key: string;
}

/** Why the real servers are not called; undefined where they can be. */
export function whyAbsent(): string | undefined {
  const unnamed = realDescriptions.some(({ name }) => variable(name, 'URL') === '');
  if (unnamed) return 'skipped where scripts/real-servers.mjs env names none';
  return existsSync(documents()) ? undefined : 'skipped where SHARED_EVAL has no documents of them';
}

/** The servers that `scripts/real-servers.mjs env` names. */
export function realServers(): readonly RealServer[] {
  return realDescriptions.map((description) => ({
    ...description,
    text: readFileSync(join(documents(), description.document), 'utf8'),
    baseUrl: `${variable(description.name, 'URL')}${description.basePath}`,
    key: variable(description.name, 'KEY'),
  }));
}

/** Milliseconds that an answer of a real server may take. */
export const patience = 2_000;

/** Imports the document of a server as a service of its name, and sets its key where it has one. */
export async function importServer(bench: ToolsBench, principal: Principal, server: RealServer): Promise<void> {
  const { name, text, baseUrl, key } = server;
  const { tool } = await bench.tools.import(principal, { name, document: text, baseUrl }, nothing);
  // Some servers call all that they refuse a failure of theirs, and failures in a row open the circuit of a host.
  await bench.tools.execution.set(principal, tool.id, { breakAfter: 100, retries: 0, timeoutMilliseconds: patience });
  if (key === '') return;
  const { slots } = await bench.tools.credentials.overview(principal, tool.id);
  for (const { slot } of slots) {
    await bench.tools.credentials.set(principal, tool.id, 'organization', { slot, kind: 'apiKey', value: key });
  }
}

function documents(): string {
  return join(dirname(sharedDocuments()), 'e2e');
}

function variable(name: string, what: string): string {
  return process.env[`REAL_${name.toUpperCase()}_${what}`] ?? '';
}
