import { openPostgresMigrations } from '@devmesh/infrastructure';
import { auditCatalogue } from './catalogue/audit.ts';
import type { Instance } from './instance/instance.ts';
import { proveBlobs } from './joined/blobs.ts';
import { proveTokens } from './joined/tokens.ts';
import { proveTrail } from './joined/trail.ts';
import type { Outcome } from './outcome.ts';
import { provePool } from './pool.ts';
import { proveProbes } from './probes/prove.ts';
import { proveRotation } from './rotation.ts';
import { engineScenarios } from './shared/engines.ts';
import { clientsOf, featureScenarios } from './shared/features.ts';
import { spellings } from './sweep/spellings.ts';
import { sweep } from './sweep/sweep.ts';

/** What a check is given. */
export interface CheckContext {
  /** The instance to ask: the one that was named, or one that is started for all checks. */
  readonly instance: () => Promise<Instance>;
  /** The database of an instance that was named, where it may be looked into. */
  readonly databaseUrl: string | undefined;
  readonly remote: boolean;
  /** Fewer spellings and rounds, for tests that run often. */
  readonly short: boolean;
}

/** A part of the proof. */
export interface Check {
  readonly name: string;
  readonly sentence: string;
  /** Whether it has anything to ask of an instance that runs elsewhere; the others prove the program on engines of their own. */
  readonly remote: 'asked' | 'own engines';
  readonly run: (context: CheckContext) => Promise<Outcome>;
}

/** Every check, the quick ones first. */
export const checks: readonly Check[] = [
  {
    name: 'catalogue',
    sentence: 'what isolation rests on in the database is there',
    remote: 'asked',
    run: proveCatalogue,
  },
  {
    name: 'probes',
    sentence: 'no verb on any table reaches another tenant, and each job what was decided on',
    remote: 'own engines',
    run: () => proveProbes(),
  },
  {
    name: 'pool',
    sentence: 'tenants that share connections never see a row of each other',
    remote: 'own engines',
    run: ({ short }) => provePool(short ? 1 : 8),
  },
  {
    name: 'blobs',
    sentence: 'a stored secret that was altered, cut or carried elsewhere does not open',
    remote: 'own engines',
    run: () => Promise.resolve(proveBlobs()),
  },
  {
    name: 'tokens',
    sentence: 'forged, confused, expired and reused tokens are refused',
    remote: 'own engines',
    run: () => proveTokens(),
  },
  {
    name: 'tampering',
    sentence: 'tampering with an exported trail is found',
    remote: 'own engines',
    run: () => proveTrail(),
  },
  {
    name: 'rotation',
    sentence: 'keys are rotated under load without a failed read',
    remote: 'own engines',
    run: ({ short }) => rotate(short ? 500 : 10_000),
  },
  {
    name: 'shared',
    sentence: 'what processes share keeps tenants apart',
    remote: 'asked',
    run: proveShared,
  },
  // Last: it ends with A deleting what it has, its key included.
  {
    name: 'sweep',
    sentence: 'what another organization has answers like what nobody has',
    remote: 'asked',
    run: sweepInstance,
  },
];

async function proveCatalogue({ instance, databaseUrl, remote }: CheckContext): Promise<Outcome> {
  if (remote && databaseUrl === undefined) return leftOut('DATABASE_URL of the instance is not set');
  const audit = remote ? await auditServer(databaseUrl ?? '') : await auditInstance(await instance());
  const { problems, ...figures } = audit;
  return { figures, failures: problems };
}

async function auditServer(url: string) {
  const connection = await openPostgresMigrations(url);
  try {
    return await auditCatalogue(connection);
  } finally {
    await connection.close();
  }
}

async function auditInstance({ ground }: Instance) {
  if (ground === undefined) throw new Error('there is no database to look into');
  return ground.inspect((connection) => auditCatalogue(connection));
}

function leftOut(because: string): Outcome {
  return { figures: { leftOut: because }, failures: [] };
}

async function rotate(secrets: number): Promise<Outcome> {
  const figures = await proveRotation({ secrets });
  return {
    figures: {
      rotatedSecrets: figures.secrets,
      reads: figures.reads,
      failedReads: figures.failedReads,
      lost: figures.lost,
    },
    failures: [
      ...(figures.failedReads === 0 ? [] : [`${String(figures.failedReads)} reads failed while keys were rotated`]),
      ...(figures.lost === 0 ? [] : [`${String(figures.lost)} secrets were lost while keys were rotated`]),
    ],
  };
}

async function sweepInstance({ instance, short }: CheckContext): Promise<Outcome> {
  const found = await sweep(await instance(), short ? spellings.slice(0, 1) : spellings);
  const { operations, tools, resources, requests, cursors, repeatedKeys, reached } = found;
  const sweptOperations = found.operationIds.filter((id) => found.swept.has(id)).length;
  const percent = Math.floor((100 * sweptOperations) / operations);
  return {
    figures: {
      operations,
      sweptPercent: percent,
      tools,
      resources,
      requests,
      attemptsOnRecord: found.attempts.size,
      cursors,
      repeatedKeys,
      reached,
      leftOut: found.leftOut.length,
    },
    failures: [
      ...found.problems,
      ...(percent === 100 ? [] : [`${String(operations - sweptOperations)} operations were not swept`]),
    ],
  };
}

async function proveShared({ instance }: CheckContext): Promise<Outcome> {
  const running = await instance();
  const failures: string[] = [];
  let scenarios = 0;
  const tenants = [running.a.organizationId, running.b.organizationId] as const;
  const { ground } = running;
  for (const [name, scenario] of Object.entries(ground === undefined ? {} : engineScenarios)) {
    scenarios += 1;
    const { platform } = ground ?? {};
    if (platform !== undefined)
      failures.push(...(await scenario(platform, tenants)).map((found) => `${name}: ${found}`));
  }
  for (const [name, scenario] of Object.entries(featureScenarios)) {
    scenarios += 1;
    failures.push(...(await scenario(clientsOf(running))).map((found) => `${name}: ${found}`));
  }
  return { figures: { scenarios }, failures };
}
