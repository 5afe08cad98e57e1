// Throw-away PostgreSQL and Redis for tests, CI and development: see engines/README.md.
import { main } from './engines/cli.mjs';

process.exitCode = await main(process.argv.slice(2));
