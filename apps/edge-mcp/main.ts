import { gatewayConfigShape } from '@devmesh/api';
import {
  flag,
  integer,
  list,
  parseConfig,
  runProgram,
  runServices,
  stopTimes,
  untilSignal,
  type ConfigOf,
} from '@devmesh/foundation';
import { createTelemetry, listenerConfigShape, listenerOf } from '@devmesh/infrastructure/process';
import { z } from 'zod';
import { commandsConfigShape, createEdge, limitsConfigShape, limitsOf, openCommands } from './index.ts';

const shape = {
  PLATFORM_URL: z
    .url({ protocol: /^https?$/u })
    .default('http://localhost:8081')
    .describe('Origin of the rest-api.'),
  HOST: z.string().default('0.0.0.0').describe('The address to listen on.'),
  PORT: integer(8080, 0, 65_535).describe('The port to listen on.'),
  ...listenerConfigShape,
  PUBLIC_URL: z
    .url({ protocol: /^https?$/u })
    .optional()
    .describe('Where people reach the rest-api, which issues access tokens. Absent: API keys only.'),
  ...gatewayConfigShape,
  ...commandsConfigShape,
  ...limitsConfigShape,
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

/** The platform knows this gateway by its public address only, so without one there are no tokens for it. */
function oauthOf(config: ConfigOf<typeof shape>) {
  const { PUBLIC_URL: issuer, MCP_PUBLIC_URL: publicUrl, MCP_OAUTH: paths } = config;
  if (issuer === undefined || publicUrl === undefined) return {};
  return { oauth: { paths, publicUrl, authorizationServer: () => issuer.replace(/\/$/u, '') } };
}

await runProgram(async () => {
  const config = parseConfig(shape, process.env);
  const telemetry = createTelemetry({ service: 'edge-mcp', level: config.LOG_LEVEL, pretty: config.LOG_PRETTY });
  const edge = createEdge({
    host: config.HOST,
    port: config.PORT,
    ...listenerOf(config),
    platformUrl: config.PLATFORM_URL,
    allowedOrigins: config.ALLOWED_ORIGINS,
    ...oauthOf(config),
    commands: await openCommands(config),
    limits: limitsOf(config),
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
