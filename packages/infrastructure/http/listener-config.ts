import { list, MeshError, type ConfigOf, type ConfigShape } from '@devmesh/foundation';
import { z } from 'zod';
import type { TlsFiles } from './tls.ts';

/** What the operator decides about a listening service. */
export const listenerConfigShape = {
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe(
      'PEM file of the certificate with its chain: the service then speaks TLS 1.3 itself. Absent: plain HTTP.',
    ),
  TLS_KEY_FILE: z.string().optional().describe('PEM file of the private key of TLS_CERT_FILE.'),
  ALLOWED_HOSTS: list().describe(
    'Host names that requests may be addressed to, without port; comma-separated. Absent: every name where the service listens beyond this machine, else localhost only.',
  ),
} satisfies ConfigShape;

/** How a listener is set up by its configuration; throws `invalid_config` where the files of TLS are not given both. */
export function listenerOf(config: ConfigOf<typeof listenerConfigShape>): {
  readonly tls: TlsFiles | undefined;
  readonly allowedHosts: readonly string[];
} {
  const { TLS_CERT_FILE: certificate, TLS_KEY_FILE: key, ALLOWED_HOSTS: allowedHosts } = config;
  if ((certificate === undefined) !== (key === undefined)) {
    throw new MeshError('invalid_config', 'Set TLS_CERT_FILE and TLS_KEY_FILE both, or neither.');
  }
  return { tls: certificate === undefined || key === undefined ? undefined : { certificate, key }, allowedHosts };
}
