import { MeshError } from '@devmesh/foundation';

/** What the operator allows of programs that speak MCP over their standard streams. */
export interface StdioRules {
  /** The commands, exactly as registrations name them. */
  readonly commands: readonly string[];
  /** Processes of one organization at once, in one of our processes. */
  readonly processesPerTenant: number;
  /** Megabytes of memory that each may take. */
  readonly megabytes: number;
}

/** A program to be started. */
export interface StdioProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** Variables by which a program can be made to run something else than what the operator allowed. */
const steering =
  /^(?:PATH|ENV|IFS|SHELL|BASH_.*|LD_.*|DYLD_.*|NODE_.*|NPM_CONFIG_.*|PYTHON.*|PERL.*|RUBY.*|GEM_.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|GIT_.*|DEVMESH_.*)$/iu;
const variable = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/u;

/** Throws where the operator does not allow the program, or its environment could turn it into another one. */
export function checkProgram({ command, args, cwd, environment }: StdioProgram, rules: StdioRules): void {
  if (!rules.commands.includes(command)) {
    const listed = rules.commands.length === 0 ? 'none is listed' : `listed are ${rules.commands.join(', ')}`;
    throw new MeshError(
      'forbidden',
      `Programs run on the platform's host, so only the operator can allow one: ${listed} in MCP_STDIO_COMMANDS.`,
    );
  }
  if ([command, ...args, cwd ?? ''].some((text) => text.includes('\0'))) throw refusal('args', 'must not hold U+0000');
  if (cwd !== undefined && !cwd.startsWith('/')) throw refusal('cwd', 'must be an absolute path');
  for (const [name, value] of Object.entries(environment)) {
    if (!variable.test(name) || value.includes('\0')) throw refusal(`env.${name}`, 'is no name of a variable');
    if (steering.test(name)) throw refusal(`env.${name}`, 'could make the program run something else');
  }
}

function refusal(path: string, message: string): MeshError {
  return new MeshError('invalid_request', `${path} ${message}.`, { issues: [{ path: `body.${path}`, message }] });
}
