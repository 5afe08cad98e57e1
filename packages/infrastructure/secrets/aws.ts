import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MeshError, Secret } from '@devmesh/foundation';
import type { Secrets } from './port.ts';

interface AwsSecretsOptions {
  /** Absent: AWS's own chain. */
  readonly region?: string | undefined;
  /** Of an imitation or a private endpoint; absent, AWS's. */
  readonly endpoint?: string | undefined;
  /** Absent: AWS's own chain (environment, profile, role of the machine). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: Secret } | undefined;
}

type Stage = 'AWSCURRENT' | 'AWSPREVIOUS';

/** A name or ARN that the service takes; it refuses whole requests for others. */
const plainName = /^[\w/+=.@:-]{1,512}$/u;

/** Secrets of AWS Secrets Manager, by name or ARN; throws `unavailable` where it does not answer or refuses. */
export function openAwsSecrets(options: AwsSecretsOptions): Secrets {
  const client = createClient(options);
  const read = async (name: string, stage: Stage): Promise<Secret | undefined> => {
    if (!plainName.test(name)) return undefined;
    try {
      const answer = await client.send(new GetSecretValueCommand({ SecretId: name, VersionStage: stage }));
      const text = answer.SecretString?.trim() ?? '';
      return text === '' ? undefined : new Secret(text);
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw failureOf(error);
    }
  };
  return {
    read: (name) => read(name, 'AWSCURRENT'),
    readPrevious: (name) => read(name, 'AWSPREVIOUS'),
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

function createClient({ region, endpoint, credentials }: AwsSecretsOptions): SecretsManagerClient {
  return new SecretsManagerClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey.open() },
        }),
    maxAttempts: 2,
    // Its warnings would go to the console; every failure reaches the caller as an error.
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
  });
}

const ignore = (): void => undefined;

function failureOf(error: unknown): MeshError {
  const { name, $metadata: about } = error as { name: string; $metadata?: { httpStatusCode?: number } };
  const status = about?.httpStatusCode ?? 0;
  const refused = status >= 400 && status < 500;
  const reason = refused
    ? `refuses the request (${name}); these credentials need secretsmanager:GetSecretValue`
    : `does not answer (${name})`;
  return new MeshError('unavailable', `AWS Secrets Manager ${reason}.`, { cause: error, retryAfterSeconds: 5 });
}
