import { operations } from '@devmesh/api';
import { MeshError, type Logger } from '@devmesh/foundation';
import type { RequestContext, Session, Tool, ToolHandlers, ToolResult } from '@devmesh/mcp';
import { z } from 'zod';
import { allowedOperations } from '../allowed-operations.ts';
import type { EdgePrincipal } from '../principal.ts';
import { spell, styleOf } from '../tools/names.ts';
import { failure, structured } from '../tools/results.ts';
import { showsPlatformTools } from '../tools/tool-set.ts';
import type { CommandRunner, PreparedCommand } from './command-runner.ts';
import { describePolicy } from './describe-policy.ts';
import { refusal } from './refusal.ts';
import type { Ended } from './run-command.ts';

interface CommandToolsOptions {
  readonly runner: CommandRunner;
  /** How the platform and people know this gateway. */
  readonly gateway: string;
  readonly log: Logger;
}

type EdgeSession = Session<EdgePrincipal>;
type Arguments = Readonly<Record<string, unknown>>;

const names = { run: 'devmesh.commands.run', policy: 'devmesh.commands.policy' } as const;

const runArguments = z.strictObject({
  command: z.string().max(64),
  args: z.array(z.string()).max(64).default([]),
  cwd: z.string().max(4_096).optional(),
  timeoutSeconds: z.int().optional(),
});

/** Adds the tools that run commands on this host, for those whom the operator and the platform let, where anything runs them; the other tools stay as they are. */
export function withCommands(
  tools: ToolHandlers<EdgePrincipal>,
  { runner, gateway, log }: Omit<CommandToolsOptions, 'runner'> & { readonly runner: CommandRunner | undefined },
): ToolHandlers<EdgePrincipal> {
  if (runner === undefined) return tools;
  const options = { runner, gateway, log };
  return {
    list: async (session, page, context) => {
      const listed = await tools.list(session, page, context);
      if (page.cursor !== undefined) return listed;
      const commands = await commandsOf(options, session.principal, context.signal);
      return commands.length === 0
        ? listed
        : { ...listed, tools: [...present(options, commands, session), ...listed.tools] };
    },
    call: async (session, call, context) => {
      const which = Object.values(names).find((name) => name === call.name || spell(name, 'underscored') === call.name);
      if (which === undefined) return tools.call(session, call, context);
      try {
        return await answer(options, which, { session, args: call.arguments, context });
      } catch (error) {
        return failure(error);
      }
    },
  };
}

/** The names of the commands that the platform lets somebody run here; none where the operator does not serve the organization. */
async function commandsOf(
  { runner, gateway }: CommandToolsOptions,
  principal: EdgePrincipal,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const serves = runner.serves(principal.identity.organization.id) && runner.commands.length > 0;
  if (!serves || !(await showsPlatformTools(principal, signal))) return [];
  const allowed = await allowedOperations(principal, signal);
  if (![operations.commands.allowed.id, operations.commands.start.id].every((id) => allowed.has(id))) return [];
  const commands = runner.commands.map(({ name, effect }) => ({ command: name, effect }));
  return (await principal.client.commands.allowed({ body: { gateway, commands } }, { signal })).commands;
}

function present({ runner }: CommandToolsOptions, commands: readonly string[], session: EdgeSession): readonly Tool[] {
  const style = styleOf(session.transport, session.principal.names);
  const writes = runner.commands.some(({ name, effect }) => commands.includes(name) && effect !== 'read');
  const hints = { idempotentHint: !writes, openWorldHint: runner.isolation.kind !== 'sandbox' };
  return [
    {
      name: spell(names.run, style),
      title: 'Run a command on the host of the gateway',
      description: `Runs one of ${commands.join(', ')} in ${runner.root} on the host of the gateway and answers what it wrote. There is no shell: arguments are given one by one, and those that the policy does not describe are refused; ${spell(names.policy, style)} tells them. Every run is audited. ${runner.isolation.sentence}`,
      inputSchema: {
        type: 'object',
        properties: {
          command: { type: 'string', enum: [...commands] },
          args: { type: 'array', items: { type: 'string' }, maxItems: 64, description: 'One by one, without quotes.' },
          cwd: { type: 'string', description: 'The folder to run in, relative to the jail. Default: the jail.' },
          timeoutSeconds: { type: 'integer', minimum: 1, maximum: runner.longestSeconds, description: 'Default: 60.' },
        },
        required: ['command'],
        additionalProperties: false,
      },
      annotations: { readOnlyHint: !writes, destructiveHint: writes, ...hints },
    },
    {
      name: spell(names.policy, style),
      title: 'Tell which commands may be run',
      description:
        'Tells the commands that may be run on the host of the gateway, with every argument that each takes, and what isolates them.',
      inputSchema: { type: 'object', properties: {}, additionalProperties: false },
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
  ];
}

interface CommandCall {
  readonly session: EdgeSession;
  readonly args: Arguments;
  readonly context: RequestContext;
}

async function answer(options: CommandToolsOptions, which: string, call: CommandCall): Promise<ToolResult> {
  const { principal } = call.session;
  const commands = await commandsOf(options, principal, call.context.signal);
  if (commands.length === 0) throw new MeshError('not_found', `There is no tool ${which}.`);
  return which === names.policy ? structured(describePolicy(options.runner, commands)) : runAsked(options, call);
}

async function runAsked(options: CommandToolsOptions, { session, args, context }: CommandCall): Promise<ToolResult> {
  const parsed = runArguments.safeParse(args);
  if (!parsed.success) {
    const { path = [], message = 'is wrong' } = parsed.error.issues[0] ?? {};
    throw refusal(path.join('.') || 'arguments', message);
  }
  const prepared = await options.runner.prepare(parsed.data);
  const runId = await startRun(options, session.principal, {
    prepared,
    args: parsed.data.args,
    signal: context.signal,
  });
  let ended: Ended | undefined;
  try {
    ended = await prepared.run(context.signal, (news, elapsed) => {
      const seconds = `${String(Math.round(elapsed / 1_000))} s`;
      context.progress({ progress: elapsed, message: news === '' ? seconds : news });
    });
  } finally {
    await endRun(options, session.principal, { runId, ended });
  }
  return resultOf(options.runner, ended);
}

interface Starting {
  readonly prepared: PreparedCommand;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}

async function startRun(
  { runner, gateway }: CommandToolsOptions,
  { client }: EdgePrincipal,
  { prepared, args, signal }: Starting,
): Promise<string> {
  const { command, cwd } = prepared;
  const { name, effect } = command;
  const body = { command: name, effect, gateway, args: [...args], cwd, isolation: runner.isolation.kind };
  return (await client.commands.start({ body }, { signal })).runId;
}

/** The record of the end is not given up because the caller went away. */
async function endRun(
  { log }: CommandToolsOptions,
  { client }: EdgePrincipal,
  { runId, ended }: { readonly runId: string; readonly ended: Ended | undefined },
): Promise<void> {
  const body = {
    ended: ended?.ended ?? 'not_started',
    ...(ended?.exitCode === undefined ? {} : { exitCode: ended.exitCode }),
    durationMilliseconds: ended?.durationMilliseconds ?? 0,
    stdoutBytes: ended?.stdout.bytes ?? 0,
    stderrBytes: ended?.stderr.bytes ?? 0,
  };
  try {
    await client.commands.end({ params: { runId }, body });
  } catch (error) {
    // It has run: to hide what it wrote would help nobody.
    log.error('the end of a command could not be put on record', error, { runId, ...body });
  }
}

const endings: Readonly<Record<Ended['ended'], string>> = {
  exited: 'It ended by itself.',
  killed: 'A signal ended it.',
  timed_out: 'It took too long and was killed, with all that it had started.',
  cancelled: 'It was cancelled and killed, with all that it had started.',
  too_much: 'It wrote too much or started too many processes and was killed, with all of them.',
  not_started: 'It could not be started.',
};

function resultOf({ isolation }: CommandRunner, run: Ended): ToolResult {
  const { ended, exitCode, durationMilliseconds, stdout, stderr } = run;
  const value = {
    ended,
    ...(exitCode === undefined ? {} : { exitCode }),
    durationMilliseconds,
    stdout: stdout.text,
    stderr: stderr.text,
    stdoutBytes: stdout.bytes,
    stderrBytes: stderr.bytes,
    truncated: stdout.truncated || stderr.truncated,
    isolation: isolation.kind,
    ...(isolation.kind === 'sandbox' ? {} : { warning: isolation.sentence }),
  };
  const head = `${endings[ended]}${exitCode === undefined ? '' : ` Exit code ${String(exitCode)}.`}`;
  const streams = [stdout.text, stderr.text === '' ? '' : `standard error:\n${stderr.text}`];
  const text = [head, ...(isolation.kind === 'sandbox' ? [] : [isolation.sentence]), ...streams];
  return {
    isError: ended !== 'exited',
    content: [{ type: 'text', text: text.filter((part) => part !== '').join('\n') }],
    structuredContent: value,
  };
}
