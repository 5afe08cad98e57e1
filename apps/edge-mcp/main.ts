import { flag, integer, list, parseConfig, runProgram, runServices, untilSignal } from '@devmesh/foundation';
import { createTelemetry } from '@devmesh/infrastructure/process';
import { z } from 'zod';
import { createEdge } from './index.ts';

const shape = {
  PLATFORM_URL: z
    .url({ protocol: /^https?$/u })
    .default('http://localhost:8081')
    .describe('Origin of the rest-api.'),
  HOST: z.string().default('0.0.0.0').describe('The address to listen on.'),
  PORT: integer(8080, 0, 65_535).describe('The port to listen on.'),
  ALLOWED_ORIGINS: list().describe('Origins whose pages may connect; comma-separated.'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('The least severe log line that is written.'),
  LOG_PRETTY: flag(false).describe('Writes log lines for people instead of JSON.'),
};

await runProgram(async () => {
  const config = parseConfig(shape, process.env);
  const telemetry = createTelemetry({ service: 'edge-mcp', level: config.LOG_LEVEL, pretty: config.LOG_PRETTY });
  const edge = createEdge({
    host: config.HOST,
    port: config.PORT,
    platformUrl: config.PLATFORM_URL,
    allowedOrigins: config.ALLOWED_ORIGINS,
    telemetry,
  });
  const running = await runServices([edge], { log: telemetry.log });
  await untilSignal(async () => {
    await running.stop();
    await telemetry.close();
  });
});
