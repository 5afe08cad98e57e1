import type { MigrationConnection } from '@devmesh/infrastructure';
import { tenantColumnOf } from '../catalogue/rules.ts';
import { narrowJobs, systemAccess, type SystemAccess } from '../catalogue/system-access.ts';
import { insertText, type Filled, type Made } from './fill.ts';
import { inDisguise, type Answer, type Disguise, type Probe } from './probe.ts';
import type { Shape } from './shape.ts';
import type { ProbeReport } from './tenant-probes.ts';

type Verb = 'select' | 'insert' | 'update' | 'delete';

interface Given {
  readonly shapes: readonly Shape[];
  readonly filled: Filled;
  readonly tenants: readonly [a: string, b: string];
}

/** Jobs that open no table, and texts that are no job. */
const powerless = ['register-organization', 'health', 'nobody', 'SWEEP', 'sweep,retention', '{sweep}', '%', ''];

/** Every job that the decided accesses name. */
function knownJobs(): readonly string[] {
  const jobs = Object.values(systemAccess).flatMap(({ columns: _columns, updates: _updates, ...verbs }) =>
    Object.values(verbs).flat(),
  );
  return [...new Set(jobs)].toSorted();
}

/** Sends every verb at every table as each job and as none: a job sees what was decided on, and nothing else sees anything. */
export async function probeAsSystem(connection: MigrationConnection, given: Given): Promise<ProbeReport> {
  const disguises: readonly Disguise[] = [
    ...[...knownJobs(), ...powerless].map((job) => ({ role: 'devmesh_system' as const, job })),
    { role: 'devmesh_system' },
    { role: 'devmesh_system', tenant: given.tenants[0] },
  ];
  const problems: string[] = [];
  let probes = 0;
  for (const disguise of disguises) {
    await inDisguise(connection, disguise, async (probe) => {
      const counted: Probe = (statement) => {
        probes += 1;
        return probe(statement);
      };
      const found = await Promise.all(
        given.shapes.map(async (shape) => {
          const reached = await reach(counted, shape, given.filled.get(shape.name)?.a);
          return judge(disguise.job, shape, reached);
        }),
      );
      problems.push(...found.flat());
    });
  }
  return { probes, problems };
}

type Reached = Readonly<Record<Verb, boolean>> & { readonly whole: boolean };

async function reach(probe: Probe, { name, columns }: Shape, made: Made | undefined): Promise<Reached> {
  const some = `mcp.${name}`;
  const column = tenantColumnOf(name);
  const first = columns.find((candidate) => candidate.name !== column)?.name ?? column;
  const inserted = made === undefined ? undefined : await probe(insertText(name, made.inserted));
  return {
    select: isReached(await probe(`select ${column} from ${some}`)),
    whole: isReached(await probe(`select * from ${some}`)),
    // Nothing is read, so that no policy for reading narrows it; a row that refuses to be changed has been reached.
    update: isTouched(await probe(`update ${some} set "${first}" = null`)),
    delete: isTouched(await probe(`delete from ${some}`)),
    insert: inserted !== undefined && inserted.refused !== '42501',
  };
}

function isReached({ rows }: Answer): boolean {
  return rows !== undefined && rows > 0;
}

function isTouched({ rows, refused }: Answer): boolean {
  return rows === undefined ? refused !== '42501' : rows > 0;
}

function judge(job: string | undefined, { name, partition }: Shape, reached: Reached): readonly string[] {
  const access: SystemAccess = partition ? {} : (systemAccess[name] ?? {});
  const may = (verb: Verb): boolean => job !== undefined && (access[verb] ?? []).includes(job);
  const as = job === undefined ? 'without a job' : `as the job "${job}"`;
  const verbs = ['select', 'insert', 'update', 'delete'] as const;
  const beyond = verbs
    .filter((verb) => reached[verb] && !may(verb))
    .map((verb) => `${as}: ${verb} reaches rows of ${name}`);
  const wide = reached.whole && access.columns !== undefined;
  return [
    ...beyond,
    ...(wide ? [`${as}: more columns of ${name} can be read than were decided on`] : []),
    // A decided access that shows nothing would leave the job without its rows, and this proof without meaning.
    ...(may('select') && !reached.select && !narrowJobs.has(job ?? '')
      ? [`${as}: no row of ${name} is seen although that was decided on`]
      : []),
  ];
}
