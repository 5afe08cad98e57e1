// Tries clients of others against a running mesh, unattended:
//   npm run clients
// The clients, and the Node that they need where this one is older, are fetched once.
import { spawnSync } from 'node:child_process';
import { fetchClients } from '../test/clients/fetched-clients.ts';

const reason = outOfReach();
if (reason === undefined) {
  const { status } = spawnSync('npx', ['vitest', 'run', 'test/clients', ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, MCP_CLIENTS: 'fetched' },
  });
  process.exitCode = status ?? 1;
} else {
  console.log(`skipped: the clients could not be fetched: ${reason}`);
  if (process.env['CI'] !== undefined) process.exitCode = 1;
}

/** Why the clients cannot be had; undefined where they are there. */
function outOfReach(): string | undefined {
  try {
    fetchClients();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
