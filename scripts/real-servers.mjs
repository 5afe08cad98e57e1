// Throw-away servers that implement their OpenAPI document: see real-servers/README.md.
import { main } from './real-servers/cli.mjs';

process.exitCode = await main(process.argv.slice(2));
