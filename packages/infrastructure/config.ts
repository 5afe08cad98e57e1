import { flag, integer, list, Secret, toMeshError, type ConfigOf, type ConfigShape } from '@devmesh/foundation';
import { z } from 'zod';
import { parseRedisUrl } from './redis/address.ts';

const masterKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/u, 'must be 32 random bytes in base64 (openssl rand -base64 32)')
  .transform((key) => new Secret(key));

/** Which engines the platform uses and the limits of its outside. */
export const platformConfigShape = {
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/u })
    .optional()
    .describe(
      'PostgreSQL 14+ with pgvector, as postgres://user:password@host/database. Absent: an embedded PGlite in DATA_DIR.',
    ),
  DATABASE_POOL: integer(10, 1, 200).describe('Connections each process keeps to PostgreSQL.'),
  REDIS_URL: z
    .string()
    .superRefine((url, context) => {
      try {
        parseRedisUrl(url);
      } catch (error) {
        context.addIssue({ code: 'custom', message: toMeshError(error).message.replace(/\.$/u, '') });
      }
    })
    .optional()
    .describe(
      'Redis 7: redis://user:password@host:port, redis+sentinel://host:port,host:port/master or redis+cluster://host:port,host:port; rediss for TLS. Absent: streams in the database and key-values in memory.',
    ),
  REDIS_CA_FILE: z
    .string()
    .optional()
    .describe('PEM file of the authority that signed the certificates of Redis. Absent: the public authorities.'),
  REDIS_CERT_FILE: z
    .string()
    .optional()
    .describe('PEM file of the certificate that is shown to a Redis that asks its clients for one.'),
  REDIS_KEY_FILE: z.string().optional().describe('PEM file of the private key of REDIS_CERT_FILE.'),
  REDIS_SENTINEL_USERNAME: z.string().optional().describe('User of the sentinels, where they have users.'),
  REDIS_SENTINEL_PASSWORD: z
    .string()
    .transform((password) => new Secret(password))
    .optional()
    .describe('Password of the sentinels themselves; that of the servers stands in REDIS_URL.'),
  REDIS_PREFIX: z
    .string()
    .max(64)
    .default('devmesh:')
    .describe('Stands before every key in Redis, so that several installations can share one.'),
  REDIS_STREAM_PARTITIONS: integer(1, 1, 64).describe(
    'Parts that the tenants of a stream are spread over; more than 1 spreads them over the nodes of a Redis Cluster. The same in every process; change it while all are stopped.',
  ),
  DATA_DIR: z
    .string()
    .default('./data')
    .describe('Folder of the embedded database, files and the generated master key.'),
  MASTER_KEY: masterKey
    .optional()
    .describe(
      'Wraps the keys that stored credentials are encrypted under. Set one of MASTER_KEY, MASTER_KEY_FILE, MASTER_KEY_SECRET_ID; without any, the embedded database makes a key in DATA_DIR with mode 0600.',
    ),
  MASTER_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the master key in base64, which only the user of this process and root can read.'),
  MASTER_KEY_SECRET_ID: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe('Name or ARN of the master key in AWS Secrets Manager; its stage AWSPREVIOUS is the previous key.'),
  MASTER_KEY_SECRET_REGION: z.string().min(1).optional().describe("Region of that secret. Absent: AWS's own chain."),
  MASTER_KEY_SECRET_ENDPOINT: z
    .url({ protocol: /^https?$/u })
    .optional()
    .describe("Address of a Secrets Manager that is not AWS's public one."),
  MASTER_KEY_PREVIOUS: list()
    .pipe(z.array(masterKey).max(8).readonly())
    .describe('Master keys of before, comma-separated; they open what they wrapped until it is wrapped anew.'),
  MASTER_KEY_PREVIOUS_FILE: z.string().min(1).optional().describe('File with master keys of before, one on each line.'),
  NODE_ENV: z
    .string()
    .optional()
    .describe('With `production` no master key is made: one must be given, or be in DATA_DIR already.'),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u)
    .optional()
    .describe('Bucket that large values are stored in. Absent: files in DATA_DIR.'),
  S3_ENDPOINT: z
    .url({ protocol: /^https?$/u })
    .optional()
    .describe("Address of an S3-compatible store that is not AWS's; its buckets are addressed by path."),
  S3_REGION: z.string().min(1).default('us-east-1').describe('Region of the bucket.'),
  S3_PREFIX: z
    .string()
    .regex(/^([\w.-]+\/)*$/u, 'must end with /')
    .default('devmesh/')
    .describe('Stands before every key, so that a bucket can be shared.'),
  S3_ACCESS_KEY_ID: z
    .string()
    .min(1)
    .optional()
    .describe("Who uses the bucket. Absent: AWS's own chain (environment, profile, role of the machine)."),
  S3_SECRET_ACCESS_KEY: z
    .string()
    .min(1)
    .transform((key) => new Secret(key))
    .optional()
    .describe('The secret that belongs to S3_ACCESS_KEY_ID.'),
  BLOB_MAXIMUM_MEGABYTES: integer(64, 1, 5_000).describe('The largest value that is stored as one.'),
  OUTBOUND_ALLOW_HOSTS: list().describe(
    'Hosts, or host:port pairs, that outbound requests may reach although they are private; comma-separated.',
  ),
  ORGANIZATION_ALLOW_HOSTS: list().describe(
    'The same for single organizations: <organization id>=host, or <organization id>=host:port; comma-separated.',
  ),
  DRAIN_SECONDS: integer(0, 0, 300).describe(
    'Seconds that a service told to stop goes on serving while /ready answers 503, for a load balancer to turn away.',
  ),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('The least severe log line that is written.'),
  LOG_PRETTY: flag(false).describe('Writes log lines for people instead of JSON.'),
} satisfies ConfigShape;

export type PlatformConfig = ConfigOf<typeof platformConfigShape>;
