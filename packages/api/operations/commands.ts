import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id } from '../schemas.ts';

const command = z.object({
  command: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/u)
    .describe('As the policy of the gateway names it; policies know it as the tool devmesh.commands.<command>.'),
  effect: z.enum(['read', 'write', 'destructive']).describe('What it does to the files of the gateway.'),
});

const gateway = z.string().min(1).max(200).describe('The gateway whose host runs it.');

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const commandOperations = {
  allowed: defineOperation({
    id: 'commands.allowed',
    method: 'POST',
    path: '/commands/allowed',
    summary: 'Tell which commands of a gateway the caller may run',
    scope: 'tools:call',
    body: z.object({ gateway, commands: z.array(command).min(1).max(100) }),
    status: 200,
    response: z.object({ commands: z.array(z.string()) }),
    errors: ['unavailable'],
  }),
  start: defineOperation({
    id: 'commands.start',
    method: 'POST',
    path: '/commands/runs',
    summary: 'Decide whether a gateway may run a command for the caller, and put it on record',
    description:
      'The gateway runs the command only with the id that it gets here, and then ends the run under that id.',
    scope: 'tools:call',
    body: command.extend({
      gateway,
      args: z.array(z.string().max(4_096)).max(64),
      cwd: z.string().max(4_096).describe('Within the folder that the gateway keeps commands in.'),
      isolation: z.enum(['sandbox', 'process']).describe('What holds the command on the host of the gateway.'),
    }),
    status: 201,
    response: z.object({ runId: id }),
    errors: ['forbidden', 'unavailable'],
  }),
  end: defineOperation({
    id: 'commands.end',
    method: 'POST',
    path: '/commands/runs/{runId}/end',
    summary: 'Put on record how a command ended',
    description: 'Once, and under the key that started the run.',
    scope: 'tools:call',
    params: z.object({ runId: id }),
    body: z.object({
      ended: z.enum(['exited', 'killed', 'timed_out', 'cancelled', 'too_much', 'not_started']),
      exitCode: z.int().min(0).max(255).optional(),
      durationMilliseconds: count,
      stdoutBytes: count,
      stderrBytes: count,
    }),
    status: 204,
    errors: ['not_found', 'unavailable'],
  }),
};
