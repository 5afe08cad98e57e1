import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** What one run of the benchmark measures. */
export interface BenchOptions {
  /** The folder of OpenAPI documents. */
  readonly documents: string;
  /** Where the tools of each document are written, in files `<document>.json`. */
  readonly out: string | undefined;
  /** Whether every tool is also called, with a mock of its document as the service. */
  readonly roundTrip: boolean;
  /** Whether the documents are also imported into a database. */
  readonly imports: boolean;
  /** Whether the real servers are called, and nothing else is measured. */
  readonly real: boolean;
  /** Part of a document's name; the others are left out. */
  readonly only: string;
}

/** The folder of shared documents, wherever `SHARED_EVAL` says it is. */
export function sharedDocuments(): string {
  const shared = process.env['SHARED_EVAL'] ?? fileURLToPath(new URL('../../../../../shared/eval', import.meta.url));
  return join(shared, 'openapi/documents');
}

/** Reads the command line; throws a sentence where there is nothing to measure. */
export function readBenchOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    strict: true,
    options: {
      documents: { type: 'string' },
      out: { type: 'string' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean' },
      'round-trip': { type: 'boolean' },
      imports: { type: 'boolean' },
      real: { type: 'boolean', default: false },
    },
  });
  const documents = values.documents ?? sharedDocuments();
  if (!existsSync(documents)) {
    throw new Error(`There is no folder ${documents}; name one with --documents DIR, or set SHARED_EVAL.`);
  }
  // Whoever names a folder to be written wants the tools soon; all else is asked for by name.
  const whole = values.out === undefined;
  return {
    documents,
    out: values.out,
    real: values.real,
    only: values.only,
    roundTrip: values['round-trip'] ?? whole,
    imports: values.imports ?? whole,
  };
}
