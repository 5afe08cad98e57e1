import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const POLICY = '/usr/sbin/policy-rc.d';
const REFUSAL = "#!/bin/sh\n# Left by Developer Mesh's scripts/engines.mjs: safe to delete.\nexit 101\n";

/**
 * Does `work` while Debian's packages may not start services: ours are started by hand, and a system
 * server must neither take a port nor be restarted. A policy that the machine already has stays in force.
 */
export async function withoutServiceStart(work) {
  if (hasOwnPolicy()) return work();
  const lift = () => rmSync(POLICY, { force: true });
  writeFileSync(POLICY, REFUSAL, { mode: 0o755 });
  process.once('exit', lift);
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work();
  } finally {
    lift();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('exit', lift);
  }
}

/** One that we left behind when we were killed does not count. */
function hasOwnPolicy() {
  return existsSync(POLICY) && readFileSync(POLICY, 'utf8') !== REFUSAL;
}

/** Ends the ordinary way, so that the policy is lifted. */
function interrupt() {
  process.exit(1);
}
