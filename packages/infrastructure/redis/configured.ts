import { readFile } from 'node:fs/promises';
import { MeshError, Secret, type Logger } from '@devmesh/foundation';
import type { PlatformConfig } from '../config.ts';
import { parseRedisUrl, type RedisAddress, type RedisTls } from './address.ts';

type RedisConfig = Pick<
  PlatformConfig,
  | 'REDIS_URL'
  | 'REDIS_PREFIX'
  | 'REDIS_CA_FILE'
  | 'REDIS_CERT_FILE'
  | 'REDIS_KEY_FILE'
  | 'REDIS_SENTINEL_USERNAME'
  | 'REDIS_SENTINEL_PASSWORD'
>;

/**
 * The address that the configuration gives, with its certificates read; undefined without REDIS_URL.
 * Throws `invalid_config` for variables that do not go together and for files that cannot be read.
 */
export async function configuredRedis(
  config: RedisConfig,
  log: Logger,
): Promise<(RedisAddress & { readonly prefix: string }) | undefined> {
  if (config.REDIS_URL === undefined) return undefined;
  const target = parseRedisUrl(config.REDIS_URL);
  const sentinelPassword = config.REDIS_SENTINEL_PASSWORD;
  if (sentinelPassword !== undefined && target.kind !== 'sentinel') {
    throw refused('REDIS_SENTINEL_PASSWORD is set, but REDIS_URL names no sentinels (redis+sentinel://)');
  }
  return {
    url: config.REDIS_URL,
    prefix: config.REDIS_PREFIX,
    log,
    tls: await readTls(config, target.tls),
    sentinel:
      sentinelPassword === undefined
        ? undefined
        : { username: config.REDIS_SENTINEL_USERNAME, password: sentinelPassword },
  };
}

async function readTls(config: RedisConfig, tls: boolean): Promise<RedisTls> {
  const { REDIS_CA_FILE: ca, REDIS_CERT_FILE: cert, REDIS_KEY_FILE: key } = config;
  if (!tls && (ca ?? cert ?? key) !== undefined) {
    throw refused(
      'REDIS_CA_FILE, REDIS_CERT_FILE and REDIS_KEY_FILE are of use only where REDIS_URL starts with rediss',
    );
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw refused('REDIS_CERT_FILE and REDIS_KEY_FILE are set together or not at all');
  }
  return {
    ca: ca === undefined ? undefined : await readPem('REDIS_CA_FILE', ca),
    certificate:
      cert === undefined || key === undefined
        ? undefined
        : {
            cert: await readPem('REDIS_CERT_FILE', cert),
            key: new Secret(await readPem('REDIS_KEY_FILE', key)),
          },
  };
}

async function readPem(variable: string, path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw refused(`${variable} names a file that cannot be read`, error);
  }
  if (!text.includes('-----BEGIN ')) throw refused(`${variable} names a file that is not PEM`);
  return text;
}

function refused(problem: string, cause?: unknown): MeshError {
  return new MeshError('invalid_config', `${problem}.`, cause === undefined ? {} : { cause });
}
