import type { MigrationConnection } from '@devmesh/infrastructure';
import { tenantColumnOf } from '../catalogue/rules.ts';
import { insertText, type Filled, type Made } from './fill.ts';
import { inDisguise, quoteText, type Answer, type Disguise, type Probe } from './probe.ts';
import type { Shape } from './shape.ts';

/** What probes found, and how many there were. */
export interface ProbeReport {
  readonly probes: number;
  readonly problems: readonly string[];
}

interface Given {
  readonly shapes: readonly Shape[];
  readonly filled: Filled;
  readonly tenants: readonly [a: string, b: string];
}

/** Refused for want of a right or by a policy, or because the setting is no tenant at all. */
const refusals = new Set(['42501', '22P02']);

interface Situation {
  readonly name: string;
  readonly disguise: Disguise;
  /** Whether it acts for tenant B, whose own rows it must see. */
  readonly acts: boolean;
}

function situationsOf(b: string): readonly Situation[] {
  return [
    { name: 'as tenant B', disguise: { role: 'devmesh_app', tenant: b }, acts: true },
    { name: 'as tenant B naming a job', disguise: { role: 'devmesh_app', tenant: b, job: 'retention' }, acts: true },
    { name: 'as nobody', disguise: { role: 'devmesh_app' }, acts: false },
    { name: 'as the empty tenant', disguise: { role: 'devmesh_app', tenant: '' }, acts: false },
    { name: 'as a tenant that is no id', disguise: { role: 'devmesh_app', tenant: "x' or 'a'='a" }, acts: false },
  ];
}

/** Sends every verb at every table as tenant B, as nobody and as nonsense: tenant A's rows must be out of reach. */
export async function probeAsTenant(connection: MigrationConnection, given: Given): Promise<ProbeReport> {
  const problems: string[] = [];
  let probes = 0;
  for (const situation of situationsOf(given.tenants[1])) {
    await inDisguise(connection, situation.disguise, async (probe) => {
      const counted: Probe = (statement) => {
        probes += 1;
        return probe(statement);
      };
      const found = await Promise.all(given.shapes.map((shape) => probeTable(counted, { ...given, shape, situation })));
      problems.push(...found.flat());
    });
  }
  return { probes, problems };
}

interface Target extends Given {
  readonly shape: Shape;
  readonly situation: Situation;
}

async function probeTable(probe: Probe, target: Target): Promise<readonly string[]> {
  const { shape, filled, situation } = target;
  const say = (sentence: string): string => `${situation.name}: ${sentence} of ${shape.name}`;
  if (shape.partition) {
    const read = await probe(`select 1 from mcp.${shape.name} limit 1`);
    return isRefused(read) ? [] : [say('rows can be read past the policies through the partition')];
  }
  const rows = filled.get(shape.name);
  if (rows === undefined) return [say('there is no row, so nothing can be proved')];
  return [
    ...(await probeReading(probe, target, rows.b)).map(say),
    ...(await probeWriting(probe, target, rows.a)).map(say),
  ];
}

async function probeReading(probe: Probe, { shape, tenants, situation }: Target, own: Made | undefined) {
  const tenant = tenantColumnOf(shape.name);
  const everything = await probe(`select 1 from mcp.${shape.name}`);
  const foreign = await probe(`select 1 from mcp.${shape.name} where ${tenant} <> ${quoteText(tenants[1])}`);
  const seen = situation.acts && own !== undefined ? 1 : 0;
  return [
    ...(isNothing(foreign) ? [] : ["another tenant's rows can be read"]),
    ...(isNothing(everything) || everything.rows === seen ? [] : ['more rows can be read than its own']),
    // Nothing would be proved by a role that sees nothing at all.
    ...(seen === 1 && everything.rows !== 1 ? ['its own rows cannot be read'] : []),
  ];
}

async function probeWriting(probe: Probe, { shape, tenants }: Target, made: Made) {
  const [a, b] = tenants;
  const table = `mcp.${shape.name}`;
  const tenant = tenantColumnOf(shape.name);
  const foreign = `${tenant} <> ${quoteText(b)}`;
  const inserted = await probe(insertText(shape.name, made.inserted));
  const updated = await probe(`update ${table} set ${tenant} = ${tenant} where ${foreign}`);
  const deleted = await probe(`delete from ${table} where ${foreign}`);
  const taken = await probe(`update ${table} set ${tenant} = ${quoteText(b)} where ${foreign}`);
  // Without a column to read, the policies for reading do not narrow what is deleted.
  const blind = await probe(`delete from ${table}`);
  const given = await probe(`update ${table} set ${tenant} = ${quoteText(a)}`);
  return [
    ...(isRefused(inserted) ? [] : ["a row can be inserted as another tenant's"]),
    ...(isNothing(updated) ? [] : ["another tenant's rows can be updated"]),
    ...(isNothing(deleted) ? [] : ["another tenant's rows can be deleted"]),
    ...((blind.rows ?? 0) <= 1 ? [] : ["another tenant's rows can be deleted unseen"]),
    ...(isNothing(taken) ? [] : ["another tenant's rows can be taken over"]),
    ...(isNothing(given) ? [] : ['its own rows can be given to another tenant']),
  ];
}

function isRefused(answer: Answer): boolean {
  return answer.refused !== undefined && refusals.has(answer.refused);
}

function isNothing(answer: Answer): boolean {
  return answer.rows === 0 || isRefused(answer);
}
