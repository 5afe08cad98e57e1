// Kills and breaks a mesh of its own and counts what was lost: npm run chaos -- --help. See docs/chaos.md.
import { runCommand } from '../test/chaos/command.ts';

process.exitCode = await runCommand(process.argv.slice(2));
