import { flag, integer, list, parseConfig, runProgram, runServices, stopTimes, untilSignal } from '@devmesh/foundation';
import { createTelemetry, listenerConfigShape, listenerOf } from '@devmesh/infrastructure/process';
import { z } from 'zod';
import { createEdge } from './index.ts';

const shape = {
  PLATFORM_URL: z
    .url({ protocol: /^https?$/u })
    .default('http://localhost:8081')
    .describe('Origin of the rest-api.'),
  HOST: z.string().default('0.0.0.0').describe('The address to listen on.'),
  PORT: integer(8080, 0, 65_535).describe('The port to listen on.'),
  ...listenerConfigShape,
  ALLOWED_ORIGINS: list().describe('Origins whose pages may connect; comma-separated.'),
  DRAIN_SECONDS: integer(0, 0, 300).describe(
    'Seconds that it goes on serving after it was told to stop while /ready answers 503, for a load balancer to turn away.',
  ),
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
    ...listenerOf(config),
    platformUrl: config.PLATFORM_URL,
    allowedOrigins: config.ALLOWED_ORIGINS,
    drainSeconds: config.DRAIN_SECONDS,
    telemetry,
  });
  const drainMilliseconds = config.DRAIN_SECONDS * 1_000;
  const running = await runServices([edge], { log: telemetry.log, drainMilliseconds });
  const stop = async (): Promise<void> => {
    try {
      await running.stop();
    } finally {
      await telemetry.close();
    }
  };
  await untilSignal(stop, stopTimes(config));
});
