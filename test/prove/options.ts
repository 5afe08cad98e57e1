import { parseArgs } from 'node:util';

/** What the proof is asked to do. */
export interface ProveOptions {
  readonly plants: boolean;
  /** The checks, or with --plants the planted bugs, to run of all. */
  readonly only: readonly string[] | undefined;
  /** An instance that runs already. */
  readonly remote:
    | { readonly url: string; readonly mcpUrl: string | undefined; readonly keys: readonly [string, string] }
    | undefined;
  readonly short: boolean;
  readonly json: boolean;
}

export const usage = `Usage: npm run prove -- [options]
Proves that no organization sees, changes or notices anything of another. Starts an instance of its own, on the engines of
DATABASE_URL and REDIS_URL where they are set and embedded otherwise. Exits with 1 on any leak.

  --only LIST        only these checks, comma-separated
  --short            fewer spellings, rounds and secrets
  --json             prints the figures as one JSON object on the last line
  --url URL          instead: asks an instance that runs already. Use two organizations made for it:
  --key A              an admin key of the one whose things are asked for, and in the end deleted
  --other-key B        an admin key of the one that asks
  --mcp-url URL        the origin of its MCP gateway; absent: tools and resources are left out
                       DATABASE_URL, where set, is then the instance's, and only its catalogue is read
  --plants           instead: plants bugs, each of which makes its check fail; --only chooses among them
`;

/** A wrong use of the command; the message says what is wrong. */
export class UsageError extends Error {}

const words = {
  only: { type: 'string' },
  short: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  plants: { type: 'boolean', default: false },
  url: { type: 'string' },
  'mcp-url': { type: 'string' },
  key: { type: 'string' },
  'other-key': { type: 'string' },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

/** Reads the command line; undefined when help is asked for. Throws `UsageError`. */
export function readOptions(given: readonly string[]): ProveOptions | undefined {
  const values = parse(given);
  if (values.help) return undefined;
  return {
    plants: values.plants,
    only: values.only?.split(','),
    remote: remoteOf(values),
    short: values.short,
    json: values.json,
  };
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({ args: [...given], options: words, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function remoteOf(values: ReturnType<typeof parse>): ProveOptions['remote'] {
  const { url, key, 'other-key': otherKey, 'mcp-url': mcpUrl } = values;
  if (url === undefined && key === undefined && otherKey === undefined) return undefined;
  if (url === undefined || key === undefined || otherKey === undefined) {
    throw new UsageError('--url, --key and --other-key go together.');
  }
  if (values.plants) throw new UsageError('--plants plants bugs in copies of this tree, not in an instance that runs.');
  return { url, mcpUrl, keys: [key, otherKey] };
}
