import { errorTable, toMeshError } from '@devmesh/foundation';
import { paint } from './output/style.ts';

/** Prints a failure as one sentence with its code and what to do, and sets the exit code. Unknown ones show their stack. */
export function reportFailure(error: unknown): void {
  const known = toMeshError(error);
  console.error(`${paint('red', known.code)}: ${known.message}`);
  for (const issue of known.code === 'invalid_config' ? [] : known.issues)
    console.error(`  ${issue.path}: ${issue.message}`);
  console.error(paint('dim', errorTable[known.code].next));
  if (known.code === 'internal') console.error(error);
  process.exitCode = 1;
}
