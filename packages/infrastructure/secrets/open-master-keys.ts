import { MeshError, Secret, type Clock, type Logger } from '@devmesh/foundation';
import { readGeneratedKey } from './generated-key.ts';
import { readKeyFile } from './key-file.ts';
import { createMasterKeys, type MasterKeys } from './master-keys.ts';
import type { Secrets } from './port.ts';
import { openRefreshedMasterKeys } from './refreshed-master-keys.ts';

/** Where the operator keeps the master key, as the configuration has it. */
export interface MasterKeyConfig {
  readonly MASTER_KEY?: Secret | undefined;
  readonly MASTER_KEY_FILE?: string | undefined;
  readonly MASTER_KEY_SECRET_ID?: string | undefined;
  readonly MASTER_KEY_SECRET_REGION?: string | undefined;
  readonly MASTER_KEY_SECRET_ENDPOINT?: string | undefined;
  readonly MASTER_KEY_PREVIOUS: readonly Secret[];
  readonly MASTER_KEY_PREVIOUS_FILE?: string | undefined;
  readonly DATABASE_URL?: string | undefined;
  readonly DATA_DIR: string;
  readonly NODE_ENV?: string | undefined;
}

interface OpenMasterKeysOptions {
  readonly config: MasterKeyConfig;
  readonly log: Logger;
  readonly clock: Clock;
  /** Opens the secrets manager; the default loads AWS's client, which nothing else does. */
  readonly openSecrets?: (config: MasterKeyConfig) => Promise<Secrets>;
}

const sources = ['MASTER_KEY', 'MASTER_KEY_FILE', 'MASTER_KEY_SECRET_ID'] as const;

/** Whether the operator gave a master key, so that every process can have the same. */
export function hasMasterKey(config: Pick<MasterKeyConfig, (typeof sources)[number]>): boolean {
  return sources.some((name) => config[name] !== undefined);
}

/** The master keys of the one source that is configured; without one, the key of the data folder. Throws `invalid_config`. */
export async function openMasterKeys(options: OpenMasterKeysOptions): Promise<MasterKeys> {
  const { config, log, clock, openSecrets = openAws } = options;
  const given = sources.filter((name) => config[name] !== undefined);
  if (given.length > 1) throw new MeshError('invalid_config', `Set only one of ${given.join(', ')}.`);
  const previous = await previousKeys(config);
  const name = config.MASTER_KEY_SECRET_ID;
  if (name === undefined) return createMasterKeys({ current: await currentKey(config), previous });
  const secrets = await openSecrets(config);
  try {
    return await openRefreshedMasterKeys({ secrets, name, previous, log, clock });
  } catch (error) {
    await secrets.close();
    throw error;
  }
}

async function currentKey(config: MasterKeyConfig): Promise<Secret> {
  if (config.MASTER_KEY !== undefined) return config.MASTER_KEY;
  if (config.MASTER_KEY_FILE !== undefined) return requiredFile(config.MASTER_KEY_FILE, 'MASTER_KEY_FILE');
  return readGeneratedKey({ folder: config.DATA_DIR, refuseToMake: whyNoneIsMade(config) });
}

/** A key that each process makes for itself, or that goes with a container, is a key lost. */
function whyNoneIsMade({ DATABASE_URL: url, NODE_ENV: environment }: MasterKeyConfig): string | undefined {
  if (url === undefined && environment !== 'production') return undefined;
  const because = url === undefined ? 'In production' : 'With DATABASE_URL';
  return `${because} a master key must be given: set MASTER_KEY, MASTER_KEY_FILE or MASTER_KEY_SECRET_ID, the same for every process (make one with: openssl rand -base64 32), and keep a copy.`;
}

async function previousKeys(config: MasterKeyConfig): Promise<readonly Secret[]> {
  const { MASTER_KEY_PREVIOUS: listed, MASTER_KEY_PREVIOUS_FILE: path } = config;
  if (path === undefined) return listed;
  if (listed.length > 0) {
    throw new MeshError('invalid_config', 'Set only one of MASTER_KEY_PREVIOUS, MASTER_KEY_PREVIOUS_FILE.');
  }
  const lines = (await requiredFile(path, 'MASTER_KEY_PREVIOUS_FILE')).open().split(/\s+/u);
  return lines.filter((line) => line !== '').map((line) => new Secret(line));
}

async function requiredFile(path: string, variable: string): Promise<Secret> {
  const text = await readKeyFile(path, { mounted: true });
  if (text === undefined) throw new MeshError('invalid_config', `There is no file ${path}, which ${variable} names.`);
  return text;
}

async function openAws(config: MasterKeyConfig): Promise<Secrets> {
  const { openAwsSecrets } = await import('./aws.ts');
  return openAwsSecrets({ region: config.MASTER_KEY_SECRET_REGION, endpoint: config.MASTER_KEY_SECRET_ENDPOINT });
}
