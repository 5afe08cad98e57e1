import type { Clock } from '@devmesh/foundation';
import { Hono } from 'hono';
import { z } from 'zod';
import { isSigned, sha256, type AwsKey } from '../aws-signature.ts';
import { createShelf, ShelfFailure, type Shelf } from './shelf.ts';

/** The credentials that the imitated service accepts. */
export const mockSecretsManagerKey: AwsKey = { accessKeyId: 'MOCKSECRETSKEY', secretAccessKey: 'mock-secrets-key' };

const name = z.string().min(1).max(512);
const text = z.string().min(1).max(65_536);
const created = z.object({ Name: name, SecretString: text });
const put = z.object({ SecretId: name, SecretString: text });
const wanted = z.object({ SecretId: name, VersionStage: z.string().default('AWSCURRENT') });

type Action = (shelf: Shelf, input: unknown) => object;

const actions: Readonly<Record<string, Action>> = {
  CreateSecret: (shelf, input) => {
    const { Name, SecretString } = created.parse(input);
    return shelf.create(Name, SecretString);
  },
  PutSecretValue: (shelf, input) => {
    const { SecretId, SecretString } = put.parse(input);
    return shelf.put(SecretId, SecretString);
  },
  GetSecretValue: (shelf, input) => {
    const { SecretId, VersionStage } = wanted.parse(input);
    return shelf.get(SecretId, VersionStage);
  },
};

/** As much of AWS Secrets Manager as reading, creating and changing one secret takes; every request must be signed. */
export function secretsManagerRoutes(clock: Clock): Hono {
  const shelf = createShelf(clock);
  const app = new Hono();
  app.post('/*', async (c) => {
    const body = await c.req.text();
    const signed = isSigned(c.req.raw, {
      key: mockSecretsManagerKey,
      service: 'secretsmanager',
      payload: sha256(body),
    });
    if (!signed) return failure('InvalidSignatureException');
    const [, target = ''] = /^secretsmanager\.(\w+)$/u.exec(c.req.header('x-amz-target') ?? '') ?? [];
    const action = Object.hasOwn(actions, target) ? actions[target] : undefined;
    if (action === undefined) return failure('UnknownOperationException');
    try {
      return json(action(shelf, JSON.parse(body)));
    } catch (error) {
      if (error instanceof ShelfFailure) return failure(error.message);
      return failure('InvalidParameterException');
    }
  });
  return app;
}

function json(value: object, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/x-amz-json-1.1' } });
}

function failure(type: string): Response {
  return json({ __type: type, Message: type }, 400);
}
