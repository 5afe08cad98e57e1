import { MeshError, toMeshError, type Clock, type Logger, type Secret } from '@devmesh/foundation';
import { checkMasterKey } from './check-master-key.ts';
import { keysInOrder, type MasterKey, type MasterKeys } from './master-keys.ts';
import type { Secrets } from './port.ts';

interface RefreshedMasterKeysOptions {
  readonly secrets: Secrets;
  /** The name of the master key in the source. */
  readonly name: string;
  /** Keys that open what was wrapped before the source was used. */
  readonly previous: readonly Secret[];
  readonly log: Logger;
  readonly clock: Clock;
  /** Between two looks. Default 300,000. */
  readonly everyMilliseconds?: number;
  /** How soon after a look the source is not asked again. Default 10,000. */
  readonly patienceMilliseconds?: number;
}

type Keys = readonly [MasterKey, ...MasterKey[]];

/** Old keys that one process remembers. */
const mostRemembered = 8;

/**
 * Master keys of a source that may change them: asked now and then, and when a key turns up that is not known. While the
 * source does not answer, or gives what is no key, the last good ones stay. Throws where the first look gives none.
 */
export async function openRefreshedMasterKeys(options: RefreshedMasterKeysOptions): Promise<MasterKeys> {
  const { secrets, log, clock, everyMilliseconds = 300_000, patienceMilliseconds = 10_000 } = options;
  let keys = await look(options, []);
  let lookedAt = clock.now();
  let looking: Promise<void> | undefined;
  const lookAgain = async (): Promise<void> => {
    lookedAt = clock.now();
    try {
      const before = keys[0].id;
      keys = await look(options, keys);
      if (keys[0].id !== before) log.info('there is a new master key', { 'vault.master_key': keys[0].id });
    } catch (error) {
      log.warn('the master key was not refreshed; the last one stays', { 'error.code': toMeshError(error).code });
    } finally {
      looking = undefined;
    }
  };
  const closing = new AbortController();
  const loop = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(everyMilliseconds, closing.signal);
      if (closing.signal.aborted) return;
      await (looking ??= lookAgain());
    }
  };
  const looped = loop();
  return {
    current: () => keys[0],
    all: () => keys,
    find: (id) => keys.find((key) => key.id === id),
    refresh: async () => {
      if (looking === undefined && clock.now() - lookedAt < patienceMilliseconds) return;
      await (looking ??= lookAgain());
    },
    close: async () => {
      closing.abort();
      await looped;
      await secrets.close();
    },
  };
}

/** The keys as the source has them; those seen before stay, because something may still be wrapped by them. */
async function look(options: RefreshedMasterKeysOptions, seen: readonly MasterKey[]): Promise<Keys> {
  const { secrets, name, previous } = options;
  const [current, before] = await Promise.all([secrets.read(name), secrets.readPrevious(name)]);
  if (current === undefined) throw new MeshError('invalid_config', `There is no secret "${name}" for the master key.`);
  const older = [...usable(options, before), ...previous, ...seen.map(({ key }) => key)];
  const [first, ...others] = keysInOrder(current, older);
  return [first, ...others.slice(0, mostRemembered)];
}

/** What stood in the source before the first key may have been anything, e.g. a placeholder. */
function usable({ log }: RefreshedMasterKeysOptions, before: Secret | undefined): readonly Secret[] {
  if (before === undefined) return [];
  try {
    return [checkMasterKey(before, 'The previous master key')];
  } catch (error) {
    log.warn('what was before the master key is no key', { 'error.code': toMeshError(error).code });
    return [];
  }
}
