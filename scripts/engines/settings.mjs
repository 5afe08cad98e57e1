import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from './progress.mjs';

/** The PostgreSQL major version that the engines run. */
export const POSTGRES_VERSION = '15';

/** Where Debian keeps the programs of that version. */
export const POSTGRES_PROGRAMS = `/usr/lib/postgresql/${POSTGRES_VERSION}/bin`;

/** The name of the database, of the application's role, and its password. */
export const APPLICATION = 'devmesh';

/** Reads where the engines live and listen from the environment. */
export function readSettings(environment = process.env) {
  const home = resolve(environment.DEVMESH_ENGINES_DIR || '/tmp/devmesh-engines');
  const postgresPort = readPort(environment, 'DEVMESH_ENGINES_POSTGRES_PORT', 55432);
  const redisPort = readPort(environment, 'DEVMESH_ENGINES_REDIS_PORT', 56379);
  return {
    home,
    postgres: { port: postgresPort, folder: join(home, 'postgres') },
    redis: { port: redisPort, folder: join(home, 'redis') },
  };
}

/** The variables that point the application at these engines. */
export function connectionVariables({ postgres, redis }) {
  const account = `${APPLICATION}:${APPLICATION}`;
  return {
    DATABASE_URL: `postgres://${account}@127.0.0.1:${postgres.port}/${APPLICATION}`,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
  };
}

/** The port that an engine's configuration file names: what a running engine was started with. */
export function configuredPort(file) {
  return Number(/^port\s*=?\s*(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]);
}

function readPort(environment, name, fallback) {
  const port = Number(environment[name] || fallback);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new Failure(`${name} must be a port between 1 and 65535, but is "${environment[name]}".`);
}
