import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentTelemetry } from '@devmesh/foundation';
import { createMockserver, type Mockserver } from '@devmesh/mockserver';
import type { Principal } from '../../identity/index.ts';
import type { CredentialSetting } from '../credentials/sealed-credential.ts';
import type { OperationRow } from '../store.ts';
import { nothing, openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { handIn, mockName } from './mock-service.fixture.ts';
import { serviceName } from './read-folder.fixture.ts';
import { createTally, type Tally } from './tally.fixture.ts';
import { argumentsFor } from './tool-arguments.fixture.ts';
import { startWatch, type Watched } from './watch.fixture.ts';

/** An import into a database, and what it took. */
interface ImportFigures extends Watched {
  readonly name: string;
  readonly bytes: number;
}

/** What importing and calling as an organization does came to. */
export interface ProductCalls {
  readonly imports: readonly ImportFigures[];
  readonly calls: number;
  readonly accepted: number;
  readonly refused: Tally;
}

interface Run {
  readonly bench: ToolsBench;
  readonly mockserver: Mockserver;
  readonly folder: string;
}

/**
 * Imports documents into a database and calls some tools of each through everything a call passes: policy, checks,
 * credentials in every slot of the document, the guarded fetch, the audit trail. The service is a strict mock.
 */
export async function callThroughProduct(
  folder: string,
  names: readonly string[],
  callsPerDocument: number,
): Promise<ProductCalls> {
  const mockserver = createMockserver({ port: 0, log: silentTelemetry.log });
  await mockserver.start();
  const bench = await openToolsBench();
  const run = { bench, mockserver, folder };
  const imports: ImportFigures[] = [];
  const all: Verdict[] = [];
  try {
    for (const name of names) {
      const { figures, verdicts } = await importAndCall(run, name, callsPerDocument);
      if (figures !== undefined) imports.push(figures);
      all.push(...verdicts);
    }
  } finally {
    await bench.close();
    await mockserver.stop();
  }
  const refused = createTally();
  const refusals = all.flatMap(({ tool, reason }) => (reason === undefined ? [] : [{ tool, reason }]));
  for (const { tool, reason } of refusals) refused.add(reason.slice(0, 100), `${tool}: ${reason}`);
  return { imports, calls: all.length, accepted: all.length - refusals.length, refused };
}

interface Verdict {
  readonly tool: string;
  /** Why it was refused. */
  readonly reason: string | undefined;
}

async function importAndCall({ bench, mockserver, folder }: Run, name: string, most: number) {
  const text = readFileSync(join(folder, name), 'utf8');
  const none: readonly Verdict[] = [];
  const { operations } = await handIn(mockserver, name, text, 'required');
  if (operations === 0) return { figures: undefined, verdicts: none };
  const principal = await bench.newPrincipal();
  const baseUrl = `${mockserver.url()}/mock/${mockName(name)}`;
  const watch = startWatch();
  const request = { name: serviceName(name), document: text, baseUrl };
  const { tool } = await bench.tools.import(principal, request, nothing);
  const figures = { name, bytes: text.length, ...watch.stop() };
  await fillSlots(bench, principal, tool.id);
  const { items } = await bench.catalogueOf(principal);
  const step = Math.max(1, Math.floor(items.length / most));
  const chosen = items.filter((_item, index) => index % step === 0).slice(0, most);
  const verdicts: Verdict[] = [];
  for (const row of chosen) verdicts.push({ tool: row.name, reason: await callOnce(bench, principal, row) });
  return { figures, verdicts };
}

async function fillSlots(bench: ToolsBench, principal: Principal, toolId: string): Promise<void> {
  const { slots } = await bench.tools.credentials.overview(principal, toolId);
  for (const slot of slots) {
    const setting: CredentialSetting = { slot: slot.slot, ...credentialFor(slot) };
    await bench.tools.credentials.set(principal, toolId, 'organization', setting);
  }
}

interface Slot {
  readonly type: string;
  readonly httpScheme?: string | undefined;
  readonly name?: string | undefined;
}

function credentialFor({ type, httpScheme, name }: Slot): CredentialSetting {
  if (type === 'apiKey' && name !== undefined) return { kind: 'apiKey', value: 'secret' };
  if (type === 'http' && httpScheme === 'basic') return { kind: 'basic', username: 'someone', password: 'secret' };
  if (type === 'http' && httpScheme !== 'bearer' && httpScheme !== undefined) {
    return { kind: 'header', scheme: httpScheme, value: 'secret' };
  }
  // A certificate is seen by whoever ends TLS, which no mock does.
  return type === 'mutualTLS' || type === 'unknown' ? { kind: 'none' } : { kind: 'bearer', token: 'secret' };
}

async function callOnce(bench: ToolsBench, principal: Principal, row: OperationRow): Promise<string | undefined> {
  try {
    const values = argumentsFor(JSON.stringify(row.inputSchema))('least');
    const result = await bench.tools.call({ principal, name: row.name, arguments: values });
    return result.isError ? JSON.stringify(result.content).slice(0, 400) : undefined;
  } catch (error) {
    return `not sent: ${error instanceof Error ? error.message : String(error)}`;
  }
}
