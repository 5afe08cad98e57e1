import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { integer, list, parseConfig, runProgram, runServices, untilSignal } from '@devmesh/foundation';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { jsonLog } from './json-log.ts';
import { createMockserver, demoToken } from './mockserver.ts';

const shape = {
  PORT: integer(8082, 0, 65_535).describe('TCP port to listen on.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; 0.0.0.0 opens it to the network.'),
  ACME_TOKEN: z.string().default(demoToken).describe('The token that Acme DevOps accepts.'),
  DOCUMENTS: list().describe('Files with OpenAPI documents to serve under `/mock/<file name>`, separated by commas.'),
  WEBHOOK_HOSTS: list().describe('Hosts besides loopback that webhooks may be sent to, separated by commas.'),
};

async function main(): Promise<void> {
  const config = parseConfig(shape, process.env);
  const log = jsonLog((line) => process.stdout.write(line));
  const mockserver = createMockserver({
    port: config.PORT,
    host: config.HOST,
    log,
    token: config.ACME_TOKEN,
    webhookHosts: config.WEBHOOK_HOSTS,
    documents: documentsIn([...config.DOCUMENTS, ...documentArguments()]),
  });
  const running = await runServices([mockserver], { log });
  log.info('listening', { 'url.full': mockserver.url() });
  await untilSignal(() => running.stop());
}

/** What `--document FILE` names, as often as it is given. */
function documentArguments(): readonly string[] {
  const { values } = parseArgs({ options: { document: { type: 'string', multiple: true, default: [] } } });
  return values.document;
}

/** Documents by the names of their files without the ending. */
function documentsIn(files: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(files.map((file) => [nameOf(file), readFileSync(file, 'utf8')]));
}

function nameOf(file: string): string {
  return basename(file, extname(file))
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/gu, '-');
}

await runProgram(main);
