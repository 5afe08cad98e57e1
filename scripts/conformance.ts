// Runs the official MCP conformance runner against the protocol layer and against the gateway, with no expected failures:
//   npm run conformance
// The runner, and the Node that it needs where this one is older than 22, are fetched once.
import { spawnSync } from 'node:child_process';
import { fetchedPackages, newerNode } from '@devmesh/testkit';

const MCP_CONFORMANCE = fetchedPackages({ '@modelcontextprotocol/conformance': '0.2.0-alpha.12' });
newerNode();
const { status } = spawnSync('npx', ['vitest', 'run', 'test/conformance', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, MCP_CONFORMANCE },
});
process.exitCode = status ?? 1;
