import type { CallInput, operations } from '@devmesh/api';
import { MeshError, type NewId } from '@devmesh/foundation';
import type { Database, KeyValue } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Policy, ToolResource } from '../policy/index.ts';
import { redactArguments } from './redact-arguments.ts';

interface CommandsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly audit: Audit;
  readonly policy: Pick<Policy, 'filter' | 'guard'>;
  readonly newId: NewId;
}

type Asked = CallInput<typeof operations.commands.allowed>['body'];
type Run = CallInput<typeof operations.commands.start>['body'];
type End = CallInput<typeof operations.commands.end>['body'];

/** Commands that gateways run on their hosts: who may run which, and the record of it. It runs nothing itself. */
export interface Commands {
  /** Those of a gateway's commands that a principal may run, whatever the arguments. */
  allowed(principal: Principal, asked: Asked): Promise<string[]>;
  /** Puts a run on record and gives its id; throws `forbidden`, with the denial on record. */
  start(principal: Principal, run: Run): Promise<string>;
  /** Puts the end of a run on record; throws `not_found` where the key has no such run that is open. */
  end(principal: Principal, runId: string, end: End): Promise<void>;
}

/** Longer than any command may take. */
const runSeconds = 7_200;

/** Builds the decision about commands and their record. */
export function createCommands(options: CommandsOptions): Commands {
  const { policy } = options;
  return {
    allowed: async (principal, { gateway, commands }) => {
      const allowed = await policy.filter(principal, commands, (each) => ({ resource: resourceOf(each, gateway) }));
      return allowed.map(({ command }) => command);
    },
    start: (principal, run) => start(options, principal, run),
    end: (principal, runId, end) => finish(options, { principal, runId, end }),
  };
}

const service = 'devmesh.commands';

/** A command as policies see it: a tool of the service `devmesh.commands`. */
function resourceOf({ command, effect }: Asked['commands'][number], gateway: string): ToolResource {
  return { kind: 'tool', name: `${service}.${command}`, service, tags: [], effect, method: 'RUN', host: gateway };
}

async function start(options: CommandsOptions, principal: Principal, run: Run): Promise<string> {
  const { database, keyvalue, audit, policy, newId } = options;
  const { command, args, cwd, gateway, isolation } = run;
  const resource = resourceOf(run, gateway);
  const detail = { arguments: redactArguments(args), cwd, gateway, isolation };
  const action = 'commands.start';
  const subject = resource.name;
  await policy.guard(principal, { resource, arguments: { args, cwd } }, { action, subject, detail: () => detail });
  const runId = newId();
  await database.tenant(principal.tenantId, async (tx) => {
    await audit.record(tx, { actor: actorOf(principal), action, subject, detail: { ...detail, runId } });
    // Last, so that nothing runs where these are away.
    await keyvalue.set(runKey(principal, runId), command, runSeconds);
  });
  return runId;
}

function runKey({ tenantId, keyId }: Principal, runId: string): string {
  return `${tenantId}:command-run:${keyId}:${runId}`;
}

interface Finished {
  readonly principal: Principal;
  readonly runId: string;
  readonly end: End;
}

async function finish({ database, keyvalue, audit }: CommandsOptions, { principal, runId, end }: Finished) {
  const key = runKey(principal, runId);
  const command = await keyvalue.get(key);
  if (command === undefined) throw new MeshError('not_found', `There is no run ${runId} of this key that is open.`);
  await database.tenant(principal.tenantId, async (tx) => {
    await audit.record(tx, {
      actor: actorOf(principal),
      action: 'commands.end',
      subject: `${service}.${command}`,
      outcome: end.ended === 'exited' && end.exitCode === 0 ? 'allowed' : 'failed',
      detail: { runId, ...end },
    });
    // Of two that end a run at once, one does.
    if (!(await keyvalue.delete(key, command))) throw new MeshError('not_found', `The run ${runId} has ended.`);
  });
}
