import { commandsConfigShape, limitsConfigShape } from '@devmesh/edge-mcp';
import { featureConfigShape } from '@devmesh/features';
import { integer, list, parseConfig, type ConfigOf, type ConfigShape } from '@devmesh/foundation';
import { listenerConfigShape, platformConfigShape } from '@devmesh/infrastructure';
import { z } from 'zod';

const meshConfigShape = {
  ...platformConfigShape,
  ...featureConfigShape,
  LOG_LEVEL: platformConfigShape.LOG_LEVEL.removeDefault().default('warn'),
  HOST: z.string().default('127.0.0.1').describe('The address that the services listen on; 0.0.0.0 for every one.'),
  ...listenerConfigShape,
  ...commandsConfigShape,
  ...limitsConfigShape,
  EDGE_PORT: integer(8080, 0, 65_535).describe('Port of edge-mcp, the MCP gateway. 0: any free one.'),
  API_PORT: integer(8081, 0, 65_535).describe('Port of rest-api and the console. 0: any free one.'),
  MOCK_PORT: integer(8082, 0, 65_535).describe('Port of mockserver. 0: any free one.'),
  ALLOWED_ORIGINS: list().describe('Origins whose pages may connect to edge-mcp; comma-separated.'),
} satisfies ConfigShape;

export type MeshConfig = ConfigOf<typeof meshConfigShape>;

/** Every variable of `devmesh up`, with its sentence. */
export const meshVariables: ConfigShape = meshConfigShape;

/** The configuration of a mesh in one process; throws `invalid_config` that lists every problem. */
export function readMeshConfig(environment: Readonly<Record<string, string | undefined>>): MeshConfig {
  return parseConfig(meshConfigShape, environment);
}
