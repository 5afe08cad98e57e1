// Sends malformed messages to a mesh of its own and breaks connections to it: npm run fuzz -- --help. See docs/hardening.md.
import { runCommand } from '../test/fuzz/command.ts';

process.exitCode = await runCommand(process.argv.slice(2));
