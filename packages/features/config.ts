import { gatewayConfigShape } from '@devmesh/api';
import { integer, list, type ConfigOf, type ConfigShape } from '@devmesh/foundation';
import { z } from 'zod';

/** What the operator decides about features. */
export const featureConfigShape = {
  REGISTRATION: z
    .enum(['open', 'closed'])
    .default('closed')
    .describe('Whether anybody who reaches the API may register an organization.'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/u })
    .optional()
    .describe(
      'Where people reach the API and the console, e.g. https://mesh.example.com; the same in every process. Absent: where the API listens.',
    ),
  ...gatewayConfigShape,
  MCP_CLIENT_REGISTRATION: z
    .enum(['open', 'closed'])
    .default('open')
    .describe('Whether OAuth clients may register themselves; those with a client id metadata document need not.'),
  TRUSTED_PROXIES: list().describe(
    'Addresses or networks (10.0.0.0/8) of the proxies in front, whose X-Forwarded-For is believed; comma-separated. Absent: none.',
  ),
  REPOSITORY_ROOTS: list().describe(
    'Folders under which git repositories may be indexed; comma-separated. Absent: the present folder.',
  ),
  MCP_STDIO_COMMANDS: list().describe(
    'Programs that organizations may register as MCP servers, exactly as registrations name them; they run on this host with its rights. Comma-separated. Absent: none.',
  ),
  MCP_STDIO_PROCESSES: integer(8, 1, 1_000).describe(
    'Such programs of one organization that run at once in one process of ours.',
  ),
  MCP_STDIO_MEGABYTES: integer(1_024, 64, 65_536).describe('Megabytes of memory that each of them may take.'),
  REQUESTS_PER_MINUTE: integer(6_000, 1, 1_000_000).describe('Requests a minute that one API key may send.'),
  ORGANIZATION_REQUESTS_PER_MINUTE: integer(60_000, 1, 1_000_000).describe(
    'Requests a minute that the keys of one organization may send together. Organizations may set tighter limits.',
  ),
  WEBHOOK_ARRIVALS: integer(10_000, 1, 1_000_000).describe(
    'Webhooks that may be on their way into the database in one process; beyond that senders get 503.',
  ),
  WEBHOOK_ARRIVAL_MEGABYTES: integer(128, 1, 65_536).describe('Megabytes of them; beyond that senders get 503.'),
  WEBHOOK_ATTEMPTS: integer(5, 1, 100).describe('Tries of a failing webhook before it is a dead letter.'),
  WEBHOOK_BACKLOG: integer(100_000, 1, 10_000_000).describe(
    'Received webhooks of one organization that may wait to be processed; beyond that senders get 429.',
  ),
  WEBHOOK_DEADLINE_MILLISECONDS: integer(1_700, 100, 60_000).describe(
    'How long a webhook may wait for the database; then its sender gets 503.',
  ),
} satisfies ConfigShape;

export type FeatureConfig = ConfigOf<typeof featureConfigShape>;
