import { errorTable, toMeshError } from './errors.ts';

/** A failure as a program prints it before it ends: code and sentence, wrong fields, what to do next. */
export function describeFailure(error: unknown): string {
  const known = toMeshError(error);
  // The sentence of a wrong configuration lists its variables already.
  const issues = known.code === 'invalid_config' ? [] : known.issues;
  return [
    `${known.code}: ${known.message}`,
    ...issues.map((issue) => `  ${issue.path}: ${issue.message}`),
    errorTable[known.code].next,
    ...(known.code === 'internal' && error instanceof Error ? [error.stack ?? error.message] : []),
  ].join('\n');
}

/** Runs a program to its end; a failure is printed to standard error and makes it exit with 1. */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = 1;
  }
}
