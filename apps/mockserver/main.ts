import { integer, list, parseConfig, runProgram, runServices, untilSignal } from '@devmesh/foundation';
import { z } from 'zod';
import { jsonLog } from './json-log.ts';
import { createMockserver, demoToken } from './mockserver.ts';

const shape = {
  PORT: integer(8082, 0, 65_535).describe('TCP port to listen on.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; 0.0.0.0 opens it to the network.'),
  ACME_TOKEN: z.string().default(demoToken).describe('The token that Acme DevOps accepts.'),
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
  });
  const running = await runServices([mockserver], { log });
  log.info('listening', { 'url.full': mockserver.url() });
  await untilSignal(() => running.stop());
}

await runProgram(main);
