import { integer, list, type ConfigOf, type ConfigShape } from '@devmesh/foundation';
import { z } from 'zod';

/** What the operator decides about features. */
export const featureConfigShape = {
  REGISTRATION: z
    .enum(['open', 'closed'])
    .default('closed')
    .describe('Whether anybody who reaches the API may register an organization.'),
  REPOSITORY_ROOTS: list().describe(
    'Folders under which git repositories may be indexed; comma-separated. Absent: the present folder.',
  ),
  REQUESTS_PER_MINUTE: integer(6_000, 1, 1_000_000).describe('Requests a minute that one API key may send.'),
} satisfies ConfigShape;

export type FeatureConfig = ConfigOf<typeof featureConfigShape>;
