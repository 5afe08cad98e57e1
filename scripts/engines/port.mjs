import { createServer } from 'node:net';
import { Failure } from './progress.mjs';

/** Fails in one sentence when something else listens on `port` of the loopback address. */
export async function requireFreePort(port, engine, variable) {
  if (await isFree(port)) return;
  throw new Failure(
    `${engine} cannot start: port ${port} is used by another program; stop that, or choose another port with ${variable}.`,
  );
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
