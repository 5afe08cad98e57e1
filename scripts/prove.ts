// Proves that organizations are apart: npm run prove -- --help. See docs/isolation.md.
import { runCommand } from '../test/prove/command.ts';

process.exitCode = await runCommand(process.argv.slice(2));
