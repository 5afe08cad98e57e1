import { join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { Failure } from '../engines/progress.mjs';

/** Reads where the servers live and listen from the environment. */
export function readSettings(environment = process.env) {
  const home = resolve(environment.DEVMESH_REAL_SERVERS_DIR || join(tmpdir(), 'devmesh-real-servers'));
  const first = Number(environment.DEVMESH_REAL_SERVERS_PORT || 55490);
  if (!Number.isInteger(first) || first < 1 || first > 65_500) {
    throw new Failure(`DEVMESH_REAL_SERVERS_PORT must be a port below 65500, but is "${first}".`);
  }
  return { home, ports: { alertmanager: first, powerdns: first + 1, podman: first + 2, dns: first + 3 } };
}
