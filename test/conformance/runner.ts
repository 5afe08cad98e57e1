import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newerNode } from '@devmesh/testkit';

/** Where `npm run conformance` put the official runner and the Node that it needs; undefined where it did not run. */
export function runnerFolder(): string | undefined {
  const folder = process.env['MCP_CONFORMANCE'];
  return folder !== undefined && existsSync(join(folder, 'node_modules')) ? folder : undefined;
}

/** What the runner found of a server. */
export interface Findings {
  readonly passed: number;
  /** The scenarios that count for the revision and failed, with what was said of them. */
  readonly failures: readonly string[];
}

const longest = 120_000;

/** Runs every scenario that counts for a revision; throws where the runner itself fails. */
export async function runConformance(folder: string, url: string, revision: string): Promise<Findings> {
  const modules = join(folder, 'node_modules');
  const home = await mkdtemp(join(tmpdir(), 'devmesh-conformance-'));
  // The first revision has no list of its own: what applies to it is run.
  const chosen = revision === '2025-06-18' ? ['--spec-version', revision] : ['--requirements', revision];
  const script = join(modules, '@modelcontextprotocol/conformance/dist/index.js');
  try {
    return readFindings(await outputOf(newerNode(), [script, 'server', '--url', url, ...chosen], home));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function outputOf(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout: longest, maxBuffer: 64 * 1024 * 1024 };
    execFile(command, args, options, (error, out, warnings) => {
      // It exits with 1 where scenarios failed, and says which.
      if (error === null || error.code === 1) resolve(out + warnings);
      else reject(new Error(`The runner did not end well: ${error.message}\n${out.slice(-2_000)}`));
    });
  });
}

/** Reads the summary, in which scenarios that do not count are listed apart. */
export function readFindings(output: string): Findings {
  const summary = /=== SUMMARY ===\n([^]*?)Total: (\d+) passed, (\d+) failed/u.exec(output);
  if (summary === null) throw new Error(`The runner printed no summary:\n${output.slice(-2_000)}`);
  const [, lines = '', passed = '0'] = summary;
  const unscored = new Set([...output.matchAll(/^ +[✓✗] (\S+) \(/gmu)].map(([, name]) => name));
  const failures = [...lines.matchAll(/^✗ (\S+): (.*)$/gmu)].filter(([, name]) => !unscored.has(name));
  return { passed: Number(passed), failures: failures.map(([, name, said]) => `${String(name)}: ${String(said)}`) };
}
