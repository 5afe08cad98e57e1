import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { instant } from '../schemas.ts';

const keyVersion = z.object({
  version: z.int(),
  current: z.boolean().describe('Whether new secrets are sealed under it.'),
  createdAt: instant,
  secrets: z.int().describe('Stored secrets that are sealed under it; the worker seals those of older versions anew.'),
  messages: z.int().describe('About how many secrets were ever sealed under it.'),
  mostMessages: z.int().describe('How many may be. The worker replaces a key long before.'),
  wrappedBy: z.string().optional().describe('The id of the master key that wraps it.'),
  unusedSince: instant.optional().describe('Since when nothing is sealed under it; it is deleted soon after.'),
});

const masterKey = z.object({
  id: z.string(),
  current: z.boolean(),
  inUse: z
    .boolean()
    .describe('Whether a key of this installation is wrapped by it. A previous one that is not in use can be dropped.'),
});

export const vaultOperations = {
  status: defineOperation({
    id: 'vault.status',
    method: 'GET',
    path: '/vault',
    summary: 'Tell under which keys the stored secrets of the organization are sealed',
    scope: 'vault:write',
    status: 200,
    response: z.object({ keys: z.array(keyVersion), masterKeys: z.array(masterKey) }),
    errors: [],
    cli: 'vault status',
  }),
  rotate: defineOperation({
    id: 'vault.rotate',
    method: 'POST',
    path: '/vault/rotations',
    summary: "Replace the organization's key",
    description:
      'New secrets are sealed under the new key at once. The worker seals the stored ones anew while they are used, and then deletes the old key.',
    scope: 'vault:write',
    status: 201,
    response: z.object({ version: z.int() }),
    errors: ['conflict'],
    cli: 'vault rotate',
  }),
};
