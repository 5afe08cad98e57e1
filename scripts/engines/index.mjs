import { claimHome, removeHome } from './home.mjs';
import { install } from './install/index.mjs';
import { withLock } from './lock.mjs';
import { postgres as createPostgres } from './postgres/index.mjs';
import { step } from './progress.mjs';
import { redis as createRedis } from './redis/index.mjs';
import { connectionVariables, readSettings } from './settings.mjs';

/** The engines by name, in the order in which they start. */
const createEngines = (settings) => ({
  postgres: createPostgres(settings.postgres),
  redis: createRedis(settings.redis),
});

/** The names that `start`, `stop` and `kill` take. */
export const engineNames = ['postgres', 'redis'];

/** Installs what is missing and starts both engines; does nothing where they already run. */
export function up() {
  return change(async (engines) => {
    await install();
    await eachOf(engines, 'start');
  });
}

/** Stops the named engines, or both, in order; their data stays. */
export function stop(...names) {
  return change((engines) => eachOf(engines, 'stop'), names);
}

/** Starts the named engines, or both; what a killed one had made durable is there again. */
export function start(...names) {
  return change((engines) => eachOf(engines, 'start'), names);
}

/** Ends the named engines, or both, at once, as a crash would: SIGKILL, nothing is written any more. */
export function kill(...names) {
  return change((engines) => eachOf(engines, 'kill'), names);
}

/** Ends the named engines, or both, as an operator in a hurry would: PostgreSQL's immediate mode; `start` recovers. */
export function abort(...names) {
  return change((engines) => eachOf(engines, 'abort'), names);
}

/** Lets the named engines, or both, hang: they keep their connections and answer nothing until `thaw`. */
export function freeze(...names) {
  return change((engines) => eachOf(engines, 'freeze'), names);
}

/** Lets frozen engines go on. */
export function thaw(...names) {
  return change((engines) => eachOf(engines, 'thaw'), names);
}

/** Ends both engines at once and deletes their folder: nothing of them is left. */
export async function remove() {
  await change((engines) => eachOf(engines, 'kill'));
  removeHome(readSettings().home);
}

/** Ends both engines, deletes their data, and starts them anew. */
export function reset() {
  return change(async (engines) => {
    await eachOf(engines, 'kill');
    await eachOf(engines, 'remove');
    await install();
    await eachOf(engines, 'start');
  });
}

/** The versions and ports of both engines, and whether they answer. */
export async function status() {
  const settings = readSettings();
  const engines = createEngines(settings);
  const [postgres, redis] = await Promise.all([engines.postgres.describe(), engines.redis.describe()]);
  return { home: settings.home, postgres, redis };
}

/** DATABASE_URL and REDIS_URL of these engines. */
export function variables() {
  return connectionVariables(readSettings());
}

/** Does `work` with the named engines, alone: two runs of this script never change the same engines. */
function change(work, names = engineNames) {
  const settings = readSettings();
  const engines = createEngines(settings);
  claimHome(settings.home);
  const chosen = engineNames.filter((name) => names.length === 0 || names.includes(name));
  return withLock(settings.home, () => work(chosen.map((name) => engines[name])));
}

async function eachOf(engines, action) {
  for (const engine of engines) await step(engine.title, engine[action]);
}
